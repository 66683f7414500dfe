using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>A parameter with what is known of its place in the model: every name and module that hold it.</summary>
internal sealed record Candidate(Parameter Parameter, IReadOnlyList<(string name, nn.Module? owner)> Places)
{
    public string? Name => Places.Count > 0 ? Places[0].name : null;

    public static Candidate[] Of(IEnumerable<Parameter> parameters) =>
        MergeTied(parameters.Select(p => new Candidate(p, [])));

    public static Candidate[] Of(IEnumerable<(string name, Parameter parameter)> parameters) =>
        MergeTied(parameters.Select(p => new Candidate(p.parameter, [(p.name, null)])));

    /// <summary>In the order of <c>model.parameters()</c>.</summary>
    public static Candidate[] Of(nn.Module model)
    {
        var places = new Dictionary<Parameter, List<(string, nn.Module?)>>(ReferenceEqualityComparer.Instance);
        foreach (var (path, module) in model.named_modules().Prepend((name: "", module: model)))
            foreach (var (name, parameter) in module.named_parameters(recurse: false))
            {
                if (!places.TryGetValue(parameter, out var list)) places[parameter] = list = [];
                var full = path.Length == 0 ? name : $"{path}.{name}";
                if (!list.Contains((full, module))) list.Add((full, module));
            }
        return MergeTied(model.parameters().Select(p => new Candidate(p, places.GetValueOrDefault(p, []))));
    }

    /// <summary>
    /// Whether two objects wrap one tensor. TorchSharp's nn.Embedding returns a new Parameter at each get, so a tied head
    /// holds another object than the embedding, and <c>model.parameters()</c> yields both. TorchSharp shows neither the tensor
    /// behind a wrapper nor, for every type, its memory; but what is set through one wrapper is seen through the other.
    /// </summary>
    public static bool IsSame(Parameter a, Parameter b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (!a.is_floating_point() || a.dtype != b.dtype || a.requires_grad != b.requires_grad || !a.shape.SequenceEqual(b.shape)) return false;
        var requires = a.requires_grad;
        a.requires_grad = !requires;
        var same = b.requires_grad == !requires;
        a.requires_grad = requires;
        return same;
    }

    /// <summary>Makes one candidate of different wrappers of one tensor; the same object twice stays, for the caller to refuse.</summary>
    private static Candidate[] MergeTied(IEnumerable<Candidate> candidates)
    {
        var merged = new List<Candidate>();
        foreach (var candidate in candidates)
        {
            var tied = merged.FindIndex(c => !ReferenceEquals(c.Parameter, candidate.Parameter)
                && c.Parameter is { IsInvalid: false } && candidate.Parameter is { IsInvalid: false }
                && IsSame(c.Parameter, candidate.Parameter));
            if (tied < 0) merged.Add(candidate);
            else merged[tied] = merged[tied] with { Places = [.. merged[tied].Places, .. candidate.Places] };
        }
        return merged.ToArray();
    }
}
