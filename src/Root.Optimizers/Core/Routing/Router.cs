using Root.Optimizers.LinearAlgebra;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Routing;

/// <summary>
/// Decides which parameters are matrices and which go to AdamW: by shape, and by module type and name where known (docs/routing.md).
/// </summary>
internal static class Router
{
    /// <summary>A matrix with so many rows is taken for an embedding or an output head, unless more is known of it.</summary>
    public const long VocabularyRows = 10_000;

    private static readonly HashSet<string> Heads =
        ["head", "lm_head", "output_head", "classifier", "unembed", "unembedding", "logits"];

    private static readonly HashSet<string> Embeddings = ["wte", "wpe"];

    /// <param name="parameter">What is to be routed.</param>
    /// <param name="route">The user's override, if any.</param>
    /// <param name="batchDims">So many leading dimensions are a batch of matrices.</param>
    public static RoutedParameter RouteOf(ModelParameter parameter, Func<RoutedParameter, Route>? route, int batchDims = 0)
    {
        var (automatic, reason, kind) = Decide(parameter, batchDims);
        var decision = new RoutedParameter(parameter.Name, parameter.Parameter.shape, automatic, reason)
        {
            InputFirst = parameter.Uses is [(_, ConvolutionTranspose), ..],
            Kind = kind,
        };
        if (route is null || route(decision) is var final && final == automatic) return decision;
        var label = $"{decision.Name ?? "a parameter"} of shape {decision.Shape.Text()}";
        if (!Enum.IsDefined(final))
            throw new ArgumentException($"The route sends {label} to {final}, which is none of Route.Matrix and Route.AdamW.");
        if (final == Route.Matrix && decision.Shape.Count - batchDims < 2)
            throw new ArgumentException($"The route sends {label} to Route.Matrix, which takes two dimensions or more"
                + $"{(batchDims > 0 ? $" after {batchDims} of a batch" : "")}; leave it to Route.AdamW.");
        if (final == Route.Matrix && parameter.Parameter.numel() == 0)
            throw new ArgumentException($"The route sends {label} to Route.Matrix, which takes no empty matrices; "
                + "leave it to Route.AdamW.");
        return decision with { Route = final, Reason = "the user's route" };
    }

    private static (Route, string, FallbackKind) Decide(ModelParameter known, int batchDims)
    {
        var parameter = known.Parameter;
        var shape = parameter.shape.Skip(batchDims).ToArray();
        if (shape.Length < 2)
            return (Route.AdamW, $"{shape.Length}-D{(batchDims > 0 ? ", apart from the batch" : "")}", FallbackKind.Vector);
        if (parameter.numel() == 0) return (Route.AdamW, "no elements", FallbackKind.Vector);
        // timm's rule for Muon: class tokens, position tables, gains of a channel, depthwise convolutions.
        if (shape[0] == 1 || shape[1] == 1) return (Route.AdamW, "vectors: one of its first two dimensions is 1", FallbackKind.Vector);
        foreach (var (name, owner) in known.Uses)
        {
            var path = name.Split('.');
            if (owner is LayerNorm or GroupNorm or NormBase) return (Route.AdamW, "a normalization's", FallbackKind.Vector);
            if (path[^1] is "bias" or "bias_k" or "bias_v") return (Route.AdamW, "a bias by name", FallbackKind.Vector);
            if (owner is Embedding or EmbeddingBag) return (Route.AdamW, "an embedding", FallbackKind.Embedding);
            var segments = path[^Math.Min(2, path.Length)..];
            if (owner is not (Linear or Convolution) && segments.Any(IsEmbedding))
                return (Route.AdamW, "an embedding by name", FallbackKind.Embedding);
            if (owner is not Convolution && segments.Any(Heads.Contains)) return (Route.AdamW, "an output head by name", FallbackKind.Head);
            if (owner is not Convolution && known.IsLast && ClosesModel(path))
                return (Route.AdamW, "an output head: the last matrix, by name", FallbackKind.Head);
            if (owner is Linear && known is { HasVocabularyRows: true, HasHiddenRows: false })
                return (Route.AdamW, "an output head: as many rows as an Embedding", FallbackKind.Head);
        }
        if (parameter.dim() == 2 && shape[0] >= VocabularyRows && !known.HasHiddenRows && known.Uses.All(use => MayBeHead(use.owner)))
            return (Route.AdamW, $"{VocabularyRows} rows or more: an embedding or output head by size", FallbackKind.Other);
        return (Route.Matrix, Describe(known, shape, batchDims), FallbackKind.Other);
    }

    private static string Describe(ModelParameter known, long[] shape, int batchDims) => (batchDims > 0, shape.Length > 2) switch
    {
        (true, true) => "a batch, each flattened to (its size(0), the rest)",
        (true, false) => "a batch of matrices",
        (false, true) => "flattened to (size(0), the rest)",
        _ when known.Uses.Count > 0 => "a matrix",
        _ => "a matrix, by shape alone: small embeddings and output heads cannot be told without names and take this step; "
            + "pass the model or named_parameters()",
    };

    /// <summary>Names that close a model in one architecture and are a hidden layer's in another.</summary>
    private static bool ClosesModel(string[] path) => path is ["fc" or "score", "weight"]
        || path is ["classifier", var index, "weight"] && index.All(char.IsAsciiDigit);

    /// <summary>Whether nothing is known of the owner that rules an output head out, as a recurrent layer of TorchSharp does.</summary>
    private static bool MayBeHead(nn.Module? owner) =>
        owner is null or Linear or ParameterList or ParameterDict || owner.GetType().Namespace != typeof(Linear).Namespace;

    private static bool IsEmbedding(string segment) =>
        Embeddings.Contains(segment) || segment.Contains("embed", StringComparison.OrdinalIgnoreCase);
}
