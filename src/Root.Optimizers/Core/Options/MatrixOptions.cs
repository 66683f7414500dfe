using System.Runtime.CompilerServices;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Routing;
using TorchSharp.Modules;

namespace Root.Optimizers;

/// <summary>
/// The hyperparameters that every matrix optimizer of this library has, one set a parameter group. What a group does not set it
/// takes from the optimizer's own options, and what those do not set has the default named at the option.
/// </summary>
public abstract partial class MatrixOptions : OptimizerOptions
{
    private Dictionary<string, object?> _set = [];
    private MatrixOptions? _inherited;

    /// <summary>Momentum mu, in [0, 1].</summary>
    public virtual double momentum { get => Get(0.95); set => Set(value); }

    /// <summary>Decoupled weight decay: parameters are multiplied by 1 - lr * weight_decay at each step. At least 0.</summary>
    public virtual double weight_decay { get => Get(0.1); set => Set(value); }

    /// <summary>
    /// Cautious weight decay (Chen et al., arXiv 2510.12402): entries do not decay that the step itself moves away from 0, those
    /// where update and parameter have opposite signs.
    /// </summary>
    public bool cautious { get => Get(false); set => Set(value); }

    /// <summary>The first moment's and second moment's decay of the AdamW fallback, each in [0, 1).</summary>
    public (double beta1, double beta2) betas { get => Get((0.9, 0.95)); set => Set(value); }

    /// <summary>What the AdamW fallback adds to its denominator sqrt(v). Positive.</summary>
    public double eps { get => Get(1e-8); set => Set(value); }

    /// <summary>The AdamW fallback's learning rate is this times the group's. At least 0.</summary>
    public virtual double fallback_lr_factor { get => Get(1.0); set => Set(value); }

    /// <summary>The factor of embeddings, by module type or name, in the place of <see cref="fallback_lr_factor"/>; null: that one. At
    /// least 0.</summary>
    public double? embedding_lr_factor { get => Get<double?>(null); set => Set(value); }

    /// <summary>The factor of output heads, by name, likewise.</summary>
    public double? head_lr_factor { get => Get<double?>(null); set => Set(value); }

    /// <summary>The factor of biases, norms and other vectors, likewise.</summary>
    public double? vector_lr_factor { get => Get<double?>(null); set => Set(value); }

    /// <summary>The AdamW fallback's weight decay; null: the group's. Biases and norms often want 0. At least 0.</summary>
    public double? fallback_weight_decay { get => Get<double?>(null); set => Set(value); }

    /// <summary>
    /// What share of the learning rate each matrix takes, such as a <see cref="Modular.ModularBudget"/>; null: all of it. The AdamW
    /// fallback keeps its rate. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public ILearningRateShares? budget { get => Get<ILearningRateShares?>(null); set => Set(value); }

    /// <summary>
    /// Overrides where a parameter goes: gets the automatic decision and returns the final one. Parameters of fewer than
    /// two dimensions cannot become matrices. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public Func<RoutedParameter, Route>? route { get => Get<Func<RoutedParameter, Route>?>(null); set => Set(value); }

    /// <summary>
    /// How each matrix of the group is cut into matrices of their own, each with the factor of its shape: 3 for a fused query, key
    /// and value projection, <c>Split.Rows(32, 8, 8)</c> for a grouped one. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public Split split { get => Get(Split.None); set => Set(value); }

    /// <summary>Overrides <see cref="split"/> for single parameters.</summary>
    [NotSaved]
    public Func<RoutedParameter, Split>? split_of { get => Get<Func<RoutedParameter, Split>?>(null); set => Set(value); }

    /// <summary>
    /// How many leading dimensions of the group's parameters are a batch of matrices and not a side of one: 1 for stacked experts
    /// (experts, out, in). At least 0. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public int batch_dims { get => Get(0); set => Set(value); }

    /// <summary>Overrides <see cref="batch_dims"/> for single parameters; asked before their route is decided.</summary>
    [NotSaved]
    public Func<RoutedParameter, int>? batch_dims_of { get => Get<Func<RoutedParameter, int>?>(null); set => Set(value); }

    /// <summary>
    /// Whether parameters of 16 bits have a float32 master, which the step changes and of which they are the rounding. Without it
    /// what is below half a unit of their last bit is lost at every step, weight decay first; with it they take 4 bytes an
    /// entry more. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public bool master_weights { get => Get(true); set => Set(value); }

    /// <summary>
    /// The type of momentum: float32, or float64 for float64 parameters, unless bfloat16 is asked for. In bfloat16 it takes 2 bytes an
    /// entry instead of 4 and is rounded at every step, to a relative 2^-9: docs/results/types.md has what that costs. All else of
    /// the state stays as it is. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public Precision state_precision { get => Get(Precision.Automatic); set => Set(value); }

    /// <summary>
    /// On a GPU, how many bytes the temporary tensors of a batch may take, by an estimate of 16 an entry (of float64 parameters it is
    /// twice that); 1 GiB by default. Equal matrices
    /// are stepped in as many batches as that asks for, of one parameter at least. More calls of smaller products where memory is
    /// short. (On the CPU batches are small already.) Above 0. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public long workspace_bytes { get => Get(1L << 30); set => Set(value); }

    /// <summary>What becomes of a parameter whose gradient holds NaN, infinity, or entries too large to sum up or square.</summary>
    public NonFinite non_finite { get => Get(NonFinite.Throw); set => Set(value); }

    /// <summary>The learning rate where neither group nor optimizer sets one.</summary>
    protected virtual double DefaultLearningRate => 1e-3;

    /// <summary>The optimizer that steps by these options; it reads a saved state as a whole (see <see cref="MatrixOptimizer"/>).</summary>
    internal MatrixOptimizer? Owner { get; private set; }

    /// <summary>The value of the option that asks: its own, else the optimizer's, else the default.</summary>
    protected T Get<T>(T otherwise, [CallerMemberName] string name = "") =>
        _set.TryGetValue(name, out var value) ? (T)value!
        : _inherited is null ? otherwise
        : _inherited.Get(otherwise, name);

    /// <summary>The same for a default that is an object of its own: made once, for the optimizer and all of its groups.</summary>
    private protected T GetOrMake<T>(Func<T> otherwise, [CallerMemberName] string name = "") where T : class
    {
        if (_set.TryGetValue(name, out var value)) return (T)value!;
        if (_inherited is not null) return _inherited.GetOrMake(otherwise, name);
        var made = otherwise();
        Set(made, name);
        return made;
    }

    /// <summary>Sets the option that asks.</summary>
    protected void Set<T>(T value, [CallerMemberName] string name = "") => _set[name] = value;

    /// <summary>Checks every value, with messages that name the option as one writes it.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    protected internal virtual void Validate()
    {
        Require.NotNegative(LearningRate ?? DefaultLearningRate, nameof(LearningRate));
        Require.NotNegative(InitialLearningRate);
        Require.Momentum(momentum);
        Require.NotNegative(weight_decay);
        Require.UnitInterval(betas.beta1);
        Require.UnitInterval(betas.beta2);
        Require.Positive(eps);
        if (!((float)eps > 0)) throw Require.Invalid(nameof(eps), eps, "above 0 in float32");
        Require.Float32(eps, nameof(eps));
        Require.NotNegative(fallback_lr_factor);
        Require.NotNegative(embedding_lr_factor ?? 0, nameof(embedding_lr_factor));
        Require.NotNegative(head_lr_factor ?? 0, nameof(head_lr_factor));
        Require.NotNegative(vector_lr_factor ?? 0, nameof(vector_lr_factor));
        Require.AtLeast(batch_dims, 0);
        Require.AtLeast(workspace_bytes, 1);
        Require.Defined(non_finite);
        Require.Defined(state_precision);
        if (state_precision == Precision.Float16)
            throw Require.Invalid(nameof(state_precision), state_precision,
                "Automatic, Float32 or BFloat16: float16 has not the range of gradients");
        ArgumentNullException.ThrowIfNull(split);
        if (fallback_weight_decay is { } decay) Require.NotNegative(decay, nameof(fallback_weight_decay));
    }

    /// <summary>Checks that a group's options have a learning rate, and that what a step multiplies by is a number in float32,
    /// too.</summary>
    /// <param name="parts">The group's matrices.</param>
    /// <exception cref="ArgumentException">There is none, or a product of options is not.</exception>
    internal void CheckRates(IReadOnlyList<MatrixPart> parts)
    {
        var lr = LearningRate ?? throw Require.Invalid(nameof(LearningRate), "null", "a finite number, at least 0");
        foreach (var kind in Enum.GetValues<FallbackKind>())
        {
            var name = FallbackFactor(kind).name;
            Require.Float32(FallbackRate(kind), $"LearningRate times {name}");
            Require.Float32(FallbackRate(kind) * (fallback_weight_decay ?? weight_decay),
                $"LearningRate times {name} and the fallback's weight_decay");
        }
        foreach (var part in parts)
        {
            Require.Float32(lr * part.Slot.Share * ScaleOf(part), "LearningRate times share and factor of the shape");
            Require.Float32(lr * part.Slot.Share * weight_decay, "LearningRate times share and weight_decay");
        }
    }

    /// <summary>The AdamW fallback's learning rate for parameters of a kind.</summary>
    internal double FallbackRate(FallbackKind kind) => LearningRate!.Value * FallbackFactor(kind).value;

    private (double value, string name) FallbackFactor(FallbackKind kind) => kind switch
    {
        FallbackKind.Embedding when embedding_lr_factor is { } factor => (factor, nameof(embedding_lr_factor)),
        FallbackKind.Head when head_lr_factor is { } factor => (factor, nameof(head_lr_factor)),
        FallbackKind.Vector when vector_lr_factor is { } factor => (factor, nameof(vector_lr_factor)),
        _ => (fallback_lr_factor, nameof(fallback_lr_factor)),
    };

    /// <summary>What the learning rate of a part's matrices is multiplied by.</summary>
    private protected virtual double ScaleOf(MatrixPart part) => 1;

    /// <summary>How many of a parameter's leading dimensions are a batch.</summary>
    internal int BatchDimsOf(RoutedParameter parameter) => batch_dims_of?.Invoke(parameter) ?? batch_dims;

    /// <summary>The matrices of a parameter.</summary>
    /// <exception cref="ArgumentException">It cannot be cut so.</exception>
    internal IReadOnlyList<MatrixPart> PartsOf(MatrixSlot slot)
    {
        var (batchDims, cut) = (BatchDimsOf(slot.Routed), split_of?.Invoke(slot.Routed) ?? split);
        var shape = slot.Routed.Shape;
        if (batchDims < 0 || shape.Count - batchDims < 2)
            throw new ArgumentException($"{slot.Label} has no matrices behind {batchDims} dimensions of a batch: batch_dims must leave "
                + "two dimensions or more. Give it a group of its own, or use batch_dims_of.");
        if (cut.ByColumns && shape.Count - batchDims > 2)
            throw new ArgumentException($"{slot.Label} cannot be split by columns: they are more than one dimension.");
        var side = cut.ByColumns ? "columns" : "rows";
        var length = shape[batchDims + (cut.ByColumns ? 1 : 0)];
        var parts = cut.Cut(length) ?? throw new ArgumentException($"{slot.Label} cannot be split by {cut}: the blocks must divide its "
            + $"{length} {side}, or add up to them. Give it a group of its own, or use split_of.");
        return parts.Select(part => new MatrixPart(slot, batchDims, cut.ByColumns, part)).ToArray();
    }

    /// <summary>These options with a learning rate; a copy, or new ones.</summary>
    /// <param name="options">Not written to; null: none are set.</param>
    /// <param name="lr">The learning rate, in the place of that of <paramref name="options"/>. At least 0.</param>
    internal static TOptions With<TOptions>(TOptions? options, double lr) where TOptions : MatrixOptions, new()
    {
        var copy = (TOptions?)options?.Copy() ?? new();
        copy.LearningRate = lr;
        return copy;
    }

    /// <summary>What is set here, and nothing that is inherited.</summary>
    internal MatrixOptions Copy()
    {
        var copy = (MatrixOptions)MemberwiseClone();
        (copy._set, copy._inherited, copy.Owner) = (new(_set), null, null);
        return copy;
    }

    /// <summary>A copy that belongs to nobody and inherits what these inherit.</summary>
    internal MatrixOptions CopyWithInherited()
    {
        var copy = Copy();
        copy._inherited = _inherited;
        return copy;
    }

    /// <summary>A copy that belongs to an optimizer's group.</summary>
    /// <param name="owner">The optimizer.</param>
    /// <param name="own">The optimizer's own options.</param>
    internal MatrixOptions CopyFor(MatrixOptimizer owner, MatrixOptions own)
    {
        var copy = Copy();
        (copy._inherited, copy.Owner) = (own, owner);
        copy.LearningRate ??= own.LearningRate ?? own.DefaultLearningRate;
        copy.InitialLearningRate = copy.LearningRate.Value;
        return copy;
    }
}
