using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Root.Optimizers.Core;
using Root.Optimizers.Core.State;
using TorchSharp.Modules;

namespace Root.Optimizers;

/// <summary>
/// The hyperparameters that every matrix optimizer of this library has, one set a parameter group. What a group does not set it
/// takes from the optimizer's own options, and what those do not set has the default named at the option.
/// </summary>
public abstract class MatrixOptions : OptimizerOptions
{
    private static readonly ConditionalWeakTable<Type, PropertyInfo[]> SavedOptions = [];

    private Dictionary<string, object?> _set = [];
    private MatrixOptions? _inherited;

    /// <summary>Momentum mu, in [0, 1].</summary>
    public virtual double momentum { get => Get(0.95); set => Set(value); }

    /// <summary>Decoupled weight decay: parameters are multiplied by 1 - lr * weight_decay at each step. At least 0.</summary>
    public virtual double weight_decay { get => Get(0.1); set => Set(value); }

    /// <summary>
    /// Cautious weight decay (Chen et al., arXiv 2510.12402): only entries that the step itself moves towards 0 decay,
    /// those where update and parameter have the same sign.
    /// </summary>
    public bool cautious { get => Get(false); set => Set(value); }

    /// <summary>The first moment's and second moment's decay of the AdamW fallback, each in [0, 1).</summary>
    public (double beta1, double beta2) betas { get => Get((0.9, 0.95)); set => Set(value); }

    /// <summary>What the AdamW fallback adds to its denominator sqrt(v). Positive.</summary>
    public double eps { get => Get(1e-8); set => Set(value); }

    /// <summary>The AdamW fallback's learning rate is this times the group's. At least 0.</summary>
    public virtual double fallback_lr_factor { get => Get(1.0); set => Set(value); }

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
        Require.Momentum(momentum);
        Require.NotNegative(weight_decay);
        Require.UnitInterval(betas.beta1);
        Require.UnitInterval(betas.beta2);
        Require.Positive(eps);
        Require.NotNegative(fallback_lr_factor);
        if (fallback_weight_decay is { } decay) Require.NotNegative(decay, nameof(fallback_weight_decay));
    }

    /// <summary>How many matrices a parameter is, one below the other.</summary>
    /// <exception cref="ArgumentException">Its rows cannot be split so.</exception>
    internal virtual int BlocksOf(RoutedParameter parameter) => 1;

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

    /// <exception cref="ArgumentException">The options cannot be loaded into these.</exception>
    internal virtual void Check(OptimizerOptions source)
    {
        if (source?.GetType() != GetType())
            throw new ArgumentException(
                $"Options of type {source?.GetType()} cannot be loaded into {GetType()}.", nameof(source));
    }

    /// <summary>Takes over every saved value of <paramref name="source"/>.</summary>
    public override void LoadStateDict(OptimizerOptions source)
    {
        Check(source);
        base.LoadStateDict(source);
        foreach (var option in Saved()) Assign(option, option.GetValue(source));
    }

    /// <summary>Writes the options; the first group's begin with the header of the whole saved state.</summary>
    public sealed override void SaveStateDict(BinaryWriter writer)
    {
        if (Owner?.IsFirst(this) == true) SavedState.WriteHeader(writer);
        base.SaveStateDict(writer);
        writer.Write(JsonSerializer.Serialize(Saved().ToDictionary(option => option.Name,
            option => JsonSerializer.SerializeToElement(option.GetValue(this), option.PropertyType, SavedState.Json))));
    }

    /// <summary>
    /// Of the first group: reads the whole saved state of the optimizer, checks it, and only then applies it. Of any other
    /// group: nothing, since the first has read it.
    /// </summary>
    /// <exception cref="InvalidDataException">The state is damaged, truncated or of another model; nothing is changed.</exception>
    public sealed override void LoadStateDict(BinaryReader reader)
    {
        if (Owner is null) Read(reader);
        else if (Owner.IsFirst(this)) SavedState.Load(Owner, reader);
    }

    internal void Read(BinaryReader reader)
    {
        base.LoadStateDict(reader);
        var values = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(reader.ReadString(), SavedState.Json)!;
        foreach (var option in Saved())
        {
            if (!values.Remove(option.Name, out var value)) continue;
            option.SetValue(this, value.Deserialize(option.PropertyType, SavedState.Json));
        }
        if (values.Count > 0)
            throw new InvalidDataException($"it sets {string.Join(", ", values.Keys)}, which this version does not know");
    }

    /// <summary>Takes over the value of one option.</summary>
    private protected virtual void Assign(PropertyInfo option, object? value) => option.SetValue(this, value);

    /// <summary>The options that a saved state holds, beside the learning rate.</summary>
    private PropertyInfo[] Saved() => SavedOptions.GetValue(GetType(), type => type.GetProperties()
        .Where(p => p.CanWrite && p.DeclaringType != typeof(OptimizerOptions) && p.GetCustomAttribute<NotSavedAttribute>() is null)
        .OrderBy(p => p.Name, StringComparer.Ordinal).ToArray());
}
