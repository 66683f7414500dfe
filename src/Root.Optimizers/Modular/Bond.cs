namespace Root.Optimizers.Modular;

/// <summary>A part of a network without weights. Its mass is 0.</summary>
public sealed record Bond : ModularNode
{
    private readonly bool _proven;

    private Bond(string name, double sensitivity, bool proven, double? growth = null) : base(0, sensitivity) =>
        (Name, _proven, Growth) = (name, proven, growth ?? sensitivity);

    internal override double Growth { get; }

    internal override bool HasAtoms => false;

    /// <summary>What it is.</summary>
    public string Name { get; }

    /// <inheritdoc />
    public override bool Proven => _proven;

    /// <summary>
    /// x. Also for what only rearranges features, such as flattening, splitting into heads and rotary positions.
    /// </summary>
    public static Bond Identity { get; } = new("identity", 1, true);

    /// <summary>max(x, 0).</summary>
    public static Bond ReLU { get; } = new("ReLU", 1, true);

    /// <summary>The largest slope of x Phi(x), at x = sqrt(2).</summary>
    public const double GeluSlope = 1.1289041453;

    /// <summary>x Phi(x). It is nowhere larger than x, steep as it may be.</summary>
    public static Bond Gelu { get; } = new("GELU", GeluSlope, true, growth: 1);

    /// <summary>x Phi(x) / 1.1289, of slope at most 1.</summary>
    public static Bond ScaledGelu { get; } = new("scaled GELU", 1, true);

    /// <summary>tanh x.</summary>
    public static Bond Tanh { get; } = new("tanh", 1, true);

    /// <summary>The sum of a tuple, whose norm is that of its parts together.</summary>
    public static Bond Add { get; } = new("add", 1, true);

    /// <summary>The mean over tokens or pixels.</summary>
    public static Bond MeanPooling { get; } = new("mean pooling", 1, true);

    /// <summary>The mean of a tuple of <paramref name="count"/> parts.</summary>
    public static Bond Mean(int count)
    {
        Require.AtLeast(count, 1, nameof(count));
        return new($"mean of {count}", 1.0 / count, true);
    }

    /// <summary>
    /// The maximum over windows of <paramref name="window"/> pixels, each channel on its own: sqrt(window), reached
    /// where every channel has its maximum at another pixel.
    /// </summary>
    public static Bond MaxPooling(long window) => new("max pooling", Math.Sqrt(window), true);

    /// <summary>c x, c other than 0.</summary>
    public static Bond Scale(double factor) =>
        new(FormattableString.Invariant($"times {factor:g4}"), Math.Abs(factor), true);

    /// <summary>
    /// Softmax attention, of a tuple of queries, keys and values or of their common projection. Its sensitivity is an
    /// estimate: no bound is known for scores over sqrt(d), and modula too, which divides them by d and the output by
    /// 3, leaves the question open.
    /// </summary>
    public static Bond Attention { get; } = Estimated("attention", 1);

    /// <summary>Layer normalization: an estimate, since it enlarges small inputs without limit.</summary>
    public static Bond LayerNorm { get; } = Estimated("layer norm", 1);

    /// <summary>Anything else whose sensitivity is known, and that takes 0 to 0.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="sensitivity">Its Lipschitz constant. Positive.</param>
    public static Bond Known(string name, double sensitivity) => new(name, sensitivity, true);

    /// <summary>
    /// Anything else whose sensitivity is a guess; trees that hold it are not <see cref="ModularNode.Proven"/>.
    /// </summary>
    /// <param name="name">What it is.</param>
    /// <param name="sensitivity">The guess. Positive.</param>
    public static Bond Estimated(string name, double sensitivity) => new(name, sensitivity, false);

    internal override IEnumerable<(Atom, double)> Allot(double target) => [];

    private protected override ModularNode Scaled(double factor) => this;

    /// <inheritdoc />
    public override string ToString() => Name;
}
