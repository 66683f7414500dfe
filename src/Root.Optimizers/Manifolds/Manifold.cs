namespace Root.Optimizers;

/// <summary>Where a weight matrix W of m x n lives. All norms are those of a weight of radius 1.</summary>
public enum Manifold
{
    /// <summary>W^T W = I for m >= n, W W^T = I for m &lt; n: every singular value is 1.</summary>
    Stiefel,

    /// <summary>||W||_F = 1, the whole tensor one vector.</summary>
    Sphere,

    /// <summary>Every row has norm 1.</summary>
    UnitRows,

    /// <summary>Every column has norm 1.</summary>
    UnitColumns,

    /// <summary>No constraint.</summary>
    Euclidean,
}
