using Root.Optimizers.LinearAlgebra;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Modular;

/// <summary>
/// A part of a network with one weight: mass 1 until it is tared, sensitivity 1 where the weight has norm at most 1.
/// </summary>
public sealed record Atom : ModularNode
{
    private Atom(Parameter weight, AtomNorm norm, string? name) : base(1, 1) =>
        (Weight, Norm, Name) = (weight, norm, name);

    /// <summary>The weight.</summary>
    public Parameter Weight { get; }

    /// <summary>How the weight and its updates are measured.</summary>
    public AtomNorm Norm { get; }

    /// <summary>Its name in the model, where given.</summary>
    public string? Name { get; }

    internal override double Growth => 1;

    internal override bool HasAtoms => true;

    /// <inheritdoc />
    public override bool Proven => true;

    /// <summary>A linear layer. A bias is no part of the norm; leave it out or to the fallback.</summary>
    public static Atom Linear(Linear layer, string? name = null) => Linear(layer.weight!, name);

    /// <summary>The weight (out, in) of a linear layer, or of stacked ones, (..., out, in), of which each input takes one.</summary>
    /// <exception cref="ArgumentException">The weight has fewer than two dimensions.</exception>
    public static Atom Linear(Parameter weight, string? name = null) => weight.dim() >= 2 ? new(weight, new LinearNorm(), name)
        : throw new ArgumentException($"The weight of a Linear atom has two dimensions or more; got shape {weight.shape.Text()}.",
            nameof(weight));

    /// <summary>An embedding.</summary>
    public static Atom Embedding(Embedding layer, string? name = null) => Embedding(layer.weight!, name);

    /// <summary>The weight (entries, features) of an embedding.</summary>
    /// <exception cref="ArgumentException">The weight is no matrix.</exception>
    public static Atom Embedding(Parameter weight, string? name = null) =>
        new(Dimensions(weight, 2, "Embedding"), new EmbeddingNorm(), name);

    /// <summary>A convolution of one group.</summary>
    /// <exception cref="ArgumentException">The convolution has groups.</exception>
    public static Atom Conv2d(Conv2d layer, string? name = null) => layer.groups == 1 ? Conv2d(layer.weight!, name)
        : throw new ArgumentException(
            $"A convolution with {layer.groups} groups has no modular norm here; only one group has.", nameof(layer));

    /// <summary>The weight (out, in, height, width) of a convolution of one group.</summary>
    /// <exception cref="ArgumentException">The weight has not four dimensions.</exception>
    public static Atom Conv2d(Parameter weight, string? name = null)
    {
        Dimensions(weight, 4, "Conv2d");
        return new(weight, new Conv2dNorm(weight.shape[2] * weight.shape[3]), name);
    }

    /// <summary>Sets the weight to a random one of norm 1 with all its singular values, or rows, alike.</summary>
    public void Initialize()
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        Assign(Norm.Dualize(randn_like(Matrices())));
    }

    /// <summary>
    /// Moves the weight to one of norm 1 with the same singular vectors, or the same directions of its rows.
    /// </summary>
    public void Project()
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        Assign(Norm.Dualize(Matrices()));
    }

    /// <summary>The norm of the weight as it is.</summary>
    public double WeightNorm()
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        return Norm.Measure(Matrices()).max().item<double>();
    }

    /// <summary>How many leading dimensions of the weight are a stack of linear layers.</summary>
    internal int BatchDims => Norm is LinearNorm ? (int)Weight.dim() - 2 : 0;

    /// <summary>(b, m, n): a stack of linear layers, or one matrix, flattened where it has more dimensions.</summary>
    private Tensor Matrices() => Norm is LinearNorm
        ? Weight.detach().reshape(-1, Weight.shape[^2], Weight.shape[^1])
        : Weight.detach().reshape(1, Weight.shape[0], -1);

    private void Assign(Tensor matrices) => Weight.copy_(matrices.reshape(Weight.shape));

    private static Parameter Dimensions(Parameter weight, int dimensions, string kind) =>
        weight.dim() == dimensions ? weight
        : throw new ArgumentException(
            $"The weight of a {kind} atom has {dimensions} dimensions; got shape {weight.shape.Text()}.",
            nameof(weight));

    internal override IEnumerable<(Atom, double)> Allot(double target) => [(this, target)];

    private protected override ModularNode Scaled(double factor) => this with { Mass = Mass * factor };

    /// <inheritdoc />
    public override string ToString() => Name ?? $"{Norm.Kind}({string.Join("x", Weight.shape)})";
}
