namespace Root.Optimizers;

/// <summary>How msign(K) W is evaluated. Both keep it tangent whatever their accuracy.</summary>
public enum TangentForm
{
    /// <summary>The faster one for the shape and device: on a CPU rational unless the weight is nearly square and small, elsewhere
    /// polynomial.</summary>
    Automatic,

    /// <summary>Zolotarev's rational approximation with ten poles: ten n x n inverses, whatever m is.</summary>
    Rational,

    /// <summary>Eight Polar Express steps on a matrix of side min(m, 2n): matrix products alone.</summary>
    Polynomial,
}
