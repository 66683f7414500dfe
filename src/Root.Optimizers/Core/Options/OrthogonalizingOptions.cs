using Root.Optimizers.Core;

namespace Root.Optimizers;

/// <summary>The hyperparameters of optimizers that step along an orthogonalized momentum: what ROOT and Muon share.</summary>
public abstract class OrthogonalizingOptions : MatrixOptions
{
    /// <summary>Whether the gradient's part counts once more after it has entered the momentum.</summary>
    public bool nesterov { get => Get(true); set => Set(value); }

    /// <summary>How the learning rate depends on the shape.</summary>
    public virtual LrScale lr_scale { get => Get(LrScale.MatchAdamWRms); set => Set(value); }

    /// <summary>What the factor of <see cref="lr_scale"/> is multiplied by, for all shapes alike. Above 0.</summary>
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

    /// <summary>
    /// Whether a matrix's norm grows half as much: where the step, after any decay, makes ||W||_F larger, the result is scaled to the
    /// middle of both norms. Weight decay balances a norm that updates of fixed size make grow; this slows it. Source: modded-nanogpt,
    /// track 3, number 29; as NVIDIA Emerging-Optimizers has it.
    /// </summary>
    public bool radial_brake { get => Get(false); set => Set(value); }

    private protected override double ScaleOf(MatrixPart part) => FactorOf(part);

    /// <inheritdoc />
    protected internal override void Validate()
    {
        base.Validate();
        Require.Defined(lr_scale);
        Require.Positive(lr_factor);
        Require.Defined(precision);
        Require.Defined(row_balance);
        if (normuon_beta2 is { } beta2) Require.UnitInterval(beta2, nameof(normuon_beta2));
    }
}
