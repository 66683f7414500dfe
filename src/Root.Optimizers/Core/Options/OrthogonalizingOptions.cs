using Root.Optimizers.Core;

namespace Root.Optimizers;

/// <summary>The hyperparameters of optimizers that step along an orthogonalized momentum: what ROOT and Muon share.</summary>
public abstract class OrthogonalizingOptions : MatrixOptions
{
    /// <summary>Whether the gradient's part counts once more after it has entered the momentum.</summary>
    public bool nesterov { get => Get(true); set => Set(value); }

    /// <summary>How the learning rate depends on the shape.</summary>
    public virtual LrScale lr_scale { get => Get(LrScale.MatchAdamWRms); set => Set(value); }

    /// <summary>What the factor of <see cref="lr_scale"/> is multiplied by, for all shapes alike. Above 0. Like it without effect with
    /// <see cref="WeightNorm.Hyperball"/>.</summary>
    public double lr_factor { get => Get(1.0); set => Set(value); }

    /// <summary>The factor of a part's matrices.</summary>
    internal double FactorOf(MatrixPart part) => lr_factor * lr_scale.Factor(part);

    /// <summary>The element type of the iteration.</summary>
    public Precision precision { get => Get(Precision.Automatic); set => Set(value); }

    /// <summary>
    /// What of the momentum is brought to equal norms before it is orthogonalized: <see cref="RowBalance.Rows"/> is MuonEq (arXiv
    /// 2603.28254). It costs a pass over the matrix and keeps nothing.
    /// </summary>
    public RowBalance row_balance { get => Get(RowBalance.None); set => Set(value); }

    /// <summary>
    /// The decay of NorMuon's second moment (arXiv 2510.05491), in [0, 1); 0.95 as published; null: none. With U the orthogonalized
    /// momentum of m x n,
    /// <code>
    /// v &lt;- beta2 v + (1 - beta2) mean_j U_ij^2     per row where m >= n, else per column
    /// U &lt;- ||U||_F normalize(U / sqrt(v))
    /// </code>
    /// It keeps max(m, n) numbers a matrix. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public double? normuon_beta2 { get => Get<double?>(null); set => Set(value); }

    /// <summary>What becomes of the norm of each matrix: held, braked, or nothing.</summary>
    public WeightNorm weight_norm { get => Get(WeightNorm.Free); set => Set(value); }

    /// <summary>
    /// The least size of an update, relative to the matrix: with s the factor of its shape, U is multiplied by
    /// max(1, floor ||W||_F / ||s U||_F). 0: none; 0.35 as published, with <see cref="MatrixOptions.weight_decay"/> 0 and rates of
    /// Keller Jordan's factor. Not of <see cref="WeightNorm.Hyperball"/>, whose updates are of one size. At least 0. Source:
    /// modded-nanogpt, track 3, number 9.
    /// </summary>
    public double relative_update_floor { get => Get(0.0); set => Set(value); }

    private protected override double ScaleOf(MatrixPart part) => FactorOf(part);

    /// <inheritdoc />
    protected internal override void Validate()
    {
        base.Validate();
        Require.Defined(lr_scale);
        Require.Positive(lr_factor);
        Require.Defined(precision);
        Require.Defined(row_balance);
        Require.Defined(weight_norm);
        Require.NotNegative(relative_update_floor);
        Require.Float32(relative_update_floor, nameof(relative_update_floor));
        if (normuon_beta2 is { } beta2) Require.UnitInterval(beta2, nameof(normuon_beta2));
    }
}
