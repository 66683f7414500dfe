namespace Root.Optimizers.Modular;

/// <summary>
/// A network, or a part of one, as the modular norm sees it: a tree of atoms, which hold a weight each, and bonds,
/// which hold none. A node has a mass, its share of the learning of whatever it becomes part of, and a sensitivity, by
/// how much at most it enlarges a change of its input. Nodes do not change; <c>a >> b</c> feeds a's output to b, <c>a
/// &amp; b</c> gives both the same input and makes a tuple of their outputs, <c>a + b</c> adds those, and <c>c * a</c>
/// scales a's output.
/// </summary>
/// <remarks>
/// Activations are measured by the root mean square over features, and by its maximum over tokens or pixels. Source:
/// Large et al., "Scalable Optimization in the Modular Norm" (arXiv 2405.14813); the modula library.
/// </remarks>
public abstract record ModularNode
{
    private protected ModularNode(double mass, double sensitivity)
    {
        Require.NotNegative(mass, nameof(mass));
        Require.Positive(sensitivity, nameof(sensitivity));
        (Mass, Sensitivity) = (mass, sensitivity);
    }

    /// <summary>The share of learning, relative to that of siblings; at least 0.</summary>
    public double Mass { get; private protected init; }

    /// <summary>
    /// The Lipschitz constant of the output in the input, where every weight has norm at most 1. Positive.
    /// </summary>
    public double Sensitivity { get; }

    /// <summary>
    /// By how much at most the output's norm exceeds the input's, where every weight has norm at most 1.
    /// </summary>
    internal abstract double Growth { get; }

    /// <summary>Whether it holds an atom.</summary>
    internal abstract bool HasAtoms { get; }

    /// <summary>
    /// Whether the bound of a budget is a theorem for it: no sensitivity in it is an estimate, and no atom gets an
    /// input of norm above 1 as long as the whole does not.
    /// </summary>
    public abstract bool Proven { get; }

    /// <summary>The atoms with the share of an update of norm <paramref name="target"/> that each may use.</summary>
    internal abstract IEnumerable<(Atom atom, double share)> Allot(double target);

    /// <summary>The same node with its mass, and all masses in it, scaled.</summary>
    private protected abstract ModularNode Scaled(double factor);

    private protected static ModularNode Scale(ModularNode node, double factor) => node.Scaled(factor);

    /// <summary>The same node with masses scaled so that they come to <paramref name="mass"/>.</summary>
    /// <param name="mass">At least 0.</param>
    /// <exception cref="ArgumentException">The mass is negative or not finite.</exception>
    /// <exception cref="InvalidOperationException">The node has no mass to scale.</exception>
    public ModularNode Tare(double mass = 1)
    {
        Require.NotNegative(mass, nameof(mass));
        if (Mass == 0)
            throw new InvalidOperationException($"{this} has mass 0 and cannot be given another: no atom in it counts.");
        return Scaled(mass / Mass);
    }

    /// <summary>The first, then the second on its output.</summary>
    public static ModularNode operator >>(ModularNode first, ModularNode second) => new Composition(first, second);

    /// <summary>Both on the same input; their outputs as a tuple.</summary>
    public static ModularNode operator &(ModularNode one, ModularNode other) => new Concatenation(one, other);

    /// <summary>The sum of both outputs.</summary>
    public static ModularNode operator +(ModularNode one, ModularNode other) => (one & other) >> Bond.Add;

    /// <summary>The output times a number other than 0.</summary>
    public static ModularNode operator *(double factor, ModularNode node) => node >> Bond.Scale(factor);

    /// <summary>
    /// The residual mixing of block number any of <paramref name="depth"/>: (1 - 1/depth) x + 1/depth block(x). Its
    /// sensitivity is 1 - 1/depth + the block's/depth, so 1 for a block of sensitivity 1.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="depth">How many blocks there are; at least 1.</param>
    public static ModularNode Residual(ModularNode block, int depth)
    {
        Require.AtLeast(depth, 1, nameof(depth));
        return depth == 1 ? block : (1 - 1.0 / depth) * Bond.Identity + 1.0 / depth * block;
    }
}

/// <summary>The second node on the output of the first.</summary>
internal sealed record Composition : ModularNode
{
    internal Composition(ModularNode first, ModularNode second)
        : base(first.Mass + second.Mass, first.Sensitivity * second.Sensitivity) => (First, Second) = (first, second);

    /// <summary>What comes first.</summary>
    public ModularNode First { get; }

    /// <summary>What follows.</summary>
    public ModularNode Second { get; }

    internal override double Growth => First.Growth * Second.Growth;

    internal override bool HasAtoms => First.HasAtoms || Second.HasAtoms;

    /// <inheritdoc />
    public override bool Proven => First.Proven && Second.Proven && (First.Growth <= 1 + 1e-9 || !Second.HasAtoms);

    // What the first does to its output, the second enlarges by its sensitivity.
    internal override IEnumerable<(Atom, double)> Allot(double target) => Mass == 0 ? [] :
    [
        .. First.Allot(target * First.Mass / Mass / Second.Sensitivity),
        .. Second.Allot(target * Second.Mass / Mass),
    ];

    private protected override ModularNode Scaled(double factor) =>
        new Composition(Scale(First, factor), Scale(Second, factor));

    /// <inheritdoc />
    public override string ToString() => $"{First} >> {Second}";
}

/// <summary>Two nodes on the same input, side by side. A tuple's norm is the sum of its parts'.</summary>
internal sealed record Concatenation : ModularNode
{
    internal Concatenation(ModularNode one, ModularNode other)
        : base(one.Mass + other.Mass, one.Sensitivity + other.Sensitivity) => (One, Other) = (one, other);

    /// <summary>One of them.</summary>
    public ModularNode One { get; }

    /// <summary>The other.</summary>
    public ModularNode Other { get; }

    internal override double Growth => One.Growth + Other.Growth;

    internal override bool HasAtoms => One.HasAtoms || Other.HasAtoms;

    /// <inheritdoc />
    public override bool Proven => One.Proven && Other.Proven;

    internal override IEnumerable<(Atom, double)> Allot(double target) => Mass == 0 ? [] :
        [.. One.Allot(target * One.Mass / Mass), .. Other.Allot(target * Other.Mass / Mass)];

    private protected override ModularNode Scaled(double factor) =>
        new Concatenation(Scale(One, factor), Scale(Other, factor));

    /// <inheritdoc />
    public override string ToString() => $"({One} & {Other})";
}
