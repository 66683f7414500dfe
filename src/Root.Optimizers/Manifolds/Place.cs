using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>
/// Where the matrix of one parameter lives, radius times a manifold, and its share of the learning rate.
/// </summary>
internal readonly record struct Place(Manifold Manifold, double Radius, double Share)
{
    /// <summary>How far from its manifold a matrix is: 0 on it; for the Euclidean one always.</summary>
    /// <param name="theta">(m, n), of the parameter itself.</param>
    public double Distance(Tensor theta)
    {
        using var scope = NewDisposeScope();
        var W = Unit(theta);
        return Manifold switch
        {
            Manifold.Euclidean => 0,
            Manifold.Stiefel => Stiefel.Distance(W),
            _ => Sphere.Distance(W, Sphere.Dimensions(Manifold)),
        };
    }

    /// <summary>The nearest matrix on the manifold.</summary>
    /// <param name="theta">(m, n), of the parameter itself; not on the Euclidean manifold.</param>
    public Tensor Nearest(Tensor theta)
    {
        using var scope = NewDisposeScope();
        var W = Unit(theta);
        W = Manifold == Manifold.Stiefel ? Stiefel.Project(W) : Sphere.Project(W, Sphere.Dimensions(Manifold));
        return (W[0] * Radius).MoveToOuterDisposeScope();
    }

    private Tensor Unit(Tensor theta) =>
        theta.detach().unsqueeze(0)
            .to(theta.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32) / Radius;
}
