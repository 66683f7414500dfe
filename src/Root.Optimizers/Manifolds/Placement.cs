namespace Root.Optimizers;

/// <summary>Where one matrix of an optimizer lives, and how it came there.</summary>
/// <param name="Parameter">Name, shape and route.</param>
/// <param name="Manifold">The manifold.</param>
/// <param name="Radius">The weight is this times a point of the manifold.</param>
/// <param name="Distance">How far off it the weight was when the optimizer found it: ||W^T W - I||_F / sqrt(n), on
/// spheres the largest | ||w||^2 - 1 |.</param>
/// <param name="Moved">Whether it was moved to the nearest point.</param>
public sealed record Placement(RoutedParameter Parameter, Manifold Manifold, double Radius, double Distance, bool Moved)
{
    /// <summary>One line: name, shape, manifold, radius, and whether the weight was moved.</summary>
    public override string ToString() =>
        $"{RoutedParameter.Columns(Parameter.Name, Parameter.Shape)} {Manifold,-11} "
        + FormattableString.Invariant($"radius {Radius:g4}, ")
        + (Moved ? FormattableString.Invariant($"moved from {Distance:g2} off it") : "left as it was");
}
