namespace Root.Optimizers;

/// <summary>
/// How large a weight on a manifold is: the factor between it and the point of the manifold that it stands for.
/// </summary>
public enum Radius
{
    /// <summary>1, as published.</summary>
    One,

    /// <summary>
    /// sqrt(m/n) for a weight of m x n, so sqrt(out/in) of a linear layer: on the Stiefel manifold its modular norm,
    /// sqrt(n/m) times the largest singular value, is then 1, and an input of root mean square 1 gives an output of
    /// root mean square 1 or less. Source: Large et al., arXiv 2405.14813.
    /// </summary>
    Modular,
}
