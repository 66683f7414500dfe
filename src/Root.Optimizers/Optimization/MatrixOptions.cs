using TorchSharp;
using TorchSharp.Modules;

namespace Root.Optimizers;

/// <summary>
/// The hyperparameters that every matrix optimizer of this library has, one set a parameter group. What is left null takes
/// the optimizer's own value when the group is added.
/// </summary>
public abstract class MatrixOptions : OptimizerOptions
{
    /// <summary>Momentum mu, in [0, 1].</summary>
    public double? momentum { get; set; }

    /// <summary>Decoupled weight decay: parameters are multiplied by 1 - lr * weight_decay at each step. At least 0.</summary>
    public double? weight_decay { get; set; }

    /// <summary>
    /// Cautious weight decay (Chen et al., arXiv 2510.12402): only entries that the step itself moves towards 0 decay,
    /// those where update and parameter have the same sign. Default false.
    /// </summary>
    public bool? cautious { get; set; }

    /// <summary>The first moment's and second moment's decay of the AdamW fallback, each in [0, 1).</summary>
    public (double beta1, double beta2)? betas { get; set; }

    /// <summary>What the AdamW fallback adds to its denominator sqrt(v). Positive.</summary>
    public double? eps { get; set; }

    /// <summary>The AdamW fallback's learning rate is this times the group's. At least 0.</summary>
    public double? fallback_lr_factor { get; set; }

    /// <summary>The AdamW fallback's weight decay; by default the group's. Biases and norms often want 0. At least 0.</summary>
    public double? fallback_weight_decay { get; set; }

    /// <summary>
    /// Overrides where a parameter goes: gets the automatic decision and returns the final one. Parameters of fewer than
    /// two dimensions cannot become matrices.
    /// </summary>
    public Func<RoutedParameter, Route>? route { get; set; }

    /// <summary>The optimizer that steps by these options; it reads a saved state as a whole (see <see cref="MatrixOptimizer"/>).</summary>
    internal MatrixOptimizer? Owner { get; set; }

    /// <summary>How many matrices a parameter is, one below the other.</summary>
    /// <exception cref="ArgumentException">Its rows cannot be split so.</exception>
    internal virtual int BlocksOf(RoutedParameter parameter) => 1;

    /// <summary>What a matrix's learning rate is multiplied by, beside the factor of its shape.</summary>
    /// <exception cref="ArgumentException">A budget has no share for it.</exception>
    internal virtual double ShareOf(Entry entry) => 1;

    internal MatrixOptions Copy()
    {
        var copy = (MatrixOptions)MemberwiseClone();
        copy.Owner = null;
        return copy;
    }

    /// <summary>Fills what is null from <paramref name="defaults"/>.</summary>
    internal virtual void InheritFrom(MatrixOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        momentum ??= defaults.momentum;
        weight_decay ??= defaults.weight_decay;
        cautious ??= defaults.cautious;
        betas ??= defaults.betas;
        eps ??= defaults.eps;
        fallback_lr_factor ??= defaults.fallback_lr_factor;
        fallback_weight_decay ??= defaults.fallback_weight_decay;
        route ??= defaults.route;
    }

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal virtual void Validate()
    {
        Require.NotNegative(LearningRate, "lr");
        Require.Momentum(momentum, nameof(momentum));
        Require.NotNegative(weight_decay, nameof(weight_decay));
        Require.UnitInterval(betas?.beta1, "beta1");
        Require.UnitInterval(betas?.beta2, "beta2");
        Require.Positive(eps, nameof(eps));
        Require.NotNegative(fallback_lr_factor, nameof(fallback_lr_factor));
        if (fallback_weight_decay is not null) Require.NotNegative(fallback_weight_decay, nameof(fallback_weight_decay));
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
        var options = (MatrixOptions)source;
        base.LoadStateDict(source);
        momentum = options.momentum;
        weight_decay = options.weight_decay;
        cautious = options.cautious;
        betas = options.betas;
        eps = options.eps;
        fallback_lr_factor = options.fallback_lr_factor;
        fallback_weight_decay = options.fallback_weight_decay;
    }

    /// <summary>Writes the options; the first group's begin with the header of the whole saved state.</summary>
    public sealed override void SaveStateDict(BinaryWriter writer)
    {
        if (Owner?.IsFirst(this) == true) SavedState.WriteHeader(writer);
        Write(writer);
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

    internal virtual void Write(BinaryWriter writer)
    {
        base.SaveStateDict(writer);
        writer.Write(momentum!.Value);
        writer.Write(weight_decay!.Value);
        writer.Write(cautious ?? false);
        writer.Write(betas!.Value.beta1);
        writer.Write(betas!.Value.beta2);
        writer.Write(eps!.Value);
        writer.Write(fallback_lr_factor!.Value);
        writer.Write(fallback_weight_decay ?? double.NaN);
    }

    internal virtual void Read(BinaryReader reader)
    {
        base.LoadStateDict(reader);
        momentum = reader.ReadDouble();
        weight_decay = reader.ReadDouble();
        cautious = reader.ReadBoolean();
        betas = (reader.ReadDouble(), reader.ReadDouble());
        eps = reader.ReadDouble();
        fallback_lr_factor = reader.ReadDouble();
        fallback_weight_decay = reader.ReadDouble() is var decay && double.IsNaN(decay) ? null : decay;
    }
}
