using Root.Optimizers.LinearAlgebra;
using TorchSharp.Modules;

namespace Root.Optimizers.Core.Routing;

/// <summary>
/// Decides which parameters are matrices and which go to AdamW: by module type or name where known, else by size.
/// </summary>
internal static class Router
{
    /// <summary>Where only tensors are known, a matrix with so many rows is taken for an embedding or an output head.</summary>
    public const long VocabularyRows = 10_000;

    private static readonly HashSet<string> Heads =
        ["head", "lm_head", "output_head", "classifier", "unembed", "unembedding", "logits"];

    private static readonly HashSet<string> Embeddings = ["wte", "wpe"];

    public static RoutedParameter RouteOf(ModelParameter parameter, Func<RoutedParameter, Route>? route)
    {
        var (automatic, reason) = Decide(parameter);
        var decision = new RoutedParameter(parameter.Name, parameter.Parameter.shape, automatic, reason);
        if (route is null || route(decision) is var final && final == automatic) return decision;
        if (final == Route.Matrix && parameter.Parameter.dim() < 2)
            throw new ArgumentException(
                $"The route sends {decision.Name ?? "a parameter"} of shape {decision.Shape.Text()} to "
                + "Route.Matrix, which takes two dimensions or more; leave it to Route.AdamW.");
        return decision with { Route = final, Reason = "the user's route" };
    }

    private static (Route, string) Decide(ModelParameter known)
    {
        var parameter = known.Parameter;
        if (parameter.dim() < 2) return (Route.AdamW, $"{parameter.dim()}-D");
        if (parameter.numel() == 0) return (Route.AdamW, "no elements");
        foreach (var (name, owner) in known.Uses)
        {
            if (owner is Embedding or EmbeddingBag) return (Route.AdamW, "an embedding");
            var segments = name.Split('.')[^Math.Min(2, name.Split('.').Length)..];
            if (owner is not (Linear or Convolution) && segments.Any(IsEmbedding)) return (Route.AdamW, "an embedding by name");
            if (owner is not Convolution && segments.Any(Heads.Contains)) return (Route.AdamW, "an output head by name");
        }
        if (known.Uses.Count == 0 && parameter.dim() == 2 && parameter.shape[0] >= VocabularyRows)
            return (Route.AdamW, $"{VocabularyRows} rows or more: an embedding or output head by size");
        return (Route.Matrix, parameter.dim() == 2 ? "a matrix" : "flattened to (size(0), the rest)");
    }

    private static bool IsEmbedding(string segment) =>
        Embeddings.Contains(segment) || segment.Contains("embed", StringComparison.OrdinalIgnoreCase);
}
