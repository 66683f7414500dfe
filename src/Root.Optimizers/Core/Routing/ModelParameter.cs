using System.Text.RegularExpressions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Routing;

/// <summary>A parameter with every name and module that hold it in its model, where they are known.</summary>
internal sealed partial record ModelParameter(Parameter Parameter, IReadOnlyList<(string name, nn.Module? owner)> Uses)
{
    public string? Name => Uses.Count > 0 ? Uses[0].name : null;

    /// <summary>The last of its model, or named list, that has two dimensions or more.</summary>
    public bool IsLast { get; init; }

    /// <summary>Its rows are a hidden layer's: a matrix takes as many inputs, or it is repeated, under a name that differs in numbers
    /// alone.</summary>
    public bool HasHiddenRows { get; init; }

    /// <summary>It has as many rows as an Embedding of its model has entries.</summary>
    public bool HasVocabularyRows { get; init; }

    public static ModelParameter[] From(IEnumerable<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return MergeTied(parameters.Select(p => new ModelParameter(p, [])));
    }

    public static ModelParameter[] From(IEnumerable<(string name, Parameter parameter)> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return Compare(MergeTied(parameters.Select(p => new ModelParameter(p.parameter, [(p.name, null)]))));
    }

    /// <summary>In the order of <c>model.parameters()</c>.</summary>
    public static ModelParameter[] From(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var uses = new Dictionary<Parameter, List<(string, nn.Module?)>>(ReferenceEqualityComparer.Instance);
        foreach (var (path, module) in model.named_modules().Prepend((name: "", module: model)))
            foreach (var (name, parameter) in module.named_parameters(recurse: false))
            {
                if (!uses.TryGetValue(parameter, out var list)) uses[parameter] = list = [];
                var full = path.Length == 0 ? name : $"{path}.{name}";
                if (!list.Contains((full, module))) list.Add((full, module));
            }
        return Compare(MergeTied(model.parameters().Select(p => new ModelParameter(p, uses.GetValueOrDefault(p, [])))));
    }

    /// <summary>Tells each parameter what only a look at all of them shows.</summary>
    private static ModelParameter[] Compare(ModelParameter[] parameters)
    {
        var matrices = parameters.Where(p => p.HasRows).ToArray();
        var inputs = matrices.Select(p => p.Parameter.shape[1]).ToHashSet();
        var entries = matrices.Where(p => p.Uses.Any(use => use.owner is Embedding)).Select(p => p.Rows).ToHashSet();
        var repeated = matrices.CountBy(p => p.Layer).Where(layer => layer.Value > 1).Select(layer => layer.Key).ToHashSet();
        return parameters.Select(p => !p.HasRows ? p : p with
        {
            IsLast = ReferenceEquals(p, matrices[^1]),
            HasHiddenRows = inputs.Contains(p.Rows) || repeated.Contains(p.Layer),
            HasVocabularyRows = entries.Contains(p.Rows),
        }).ToArray();
    }

    private bool HasRows => Parameter is { IsInvalid: false } && Parameter.dim() >= 2;

    private long Rows => Parameter.shape[0];

    /// <summary>Equal for the same layer of each of a model's blocks.</summary>
    private (string, long) Layer => (Number().Replace(Name ?? "", "#"), Rows);

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();

    /// <summary>Different wrappers of one tensor become one parameter; the same object twice stays, and the optimizer refuses it.</summary>
    private static ModelParameter[] MergeTied(IEnumerable<ModelParameter> parameters)
    {
        var (merged, alike) = (new List<ModelParameter>(), new Dictionary<(ScalarType, string), List<int>>());
        foreach (var parameter in parameters)
        {
            var tied = -1;
            if (parameter.Parameter is { IsInvalid: false } known)
            {
                if (!alike.TryGetValue(SameTensor.Key(known), out var indices)) alike[SameTensor.Key(known)] = indices = [];
                tied = indices.FindIndex(i => !ReferenceEquals(merged[i].Parameter, known) && SameTensor.Is(merged[i].Parameter, known));
                if (tied >= 0) tied = indices[tied];
                else indices.Add(merged.Count);
            }
            if (tied < 0) merged.Add(parameter);
            else merged[tied] = merged[tied] with { Uses = [.. merged[tied].Uses, .. parameter.Uses] };
        }
        return merged.ToArray();
    }
}
