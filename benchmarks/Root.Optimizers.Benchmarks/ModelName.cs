using Shared;

namespace Root.Optimizers.Benchmarks;

/// <summary>What --params says: a model, or some of its layers.</summary>
internal static class ModelName
{
    public static string Help(IEnumerable<string> known) => string.Join(", ", known) + ", each with :LAYERS where not all";

    /// <summary>"NAME" or "NAME:LAYERS".</summary>
    /// <param name="text">What is asked for.</param>
    /// <param name="known">Models by name.</param>
    /// <param name="layersOf">How many layers a model has.</param>
    /// <exception cref="UserException">There is no such model, or the number is none.</exception>
    public static (T model, int layers) Find<T>(string text, IReadOnlyDictionary<string, T> known, Func<T, int> layersOf)
    {
        var parts = text.Split(':');
        if (!known.TryGetValue(parts[0], out var model))
            throw new UserException($"--params {text}: one of {Help(known.Keys)}.", UserException.Usage);
        var layers = layersOf(model);
        if (parts.Length > 2 || (parts.Length == 2 && (!int.TryParse(parts[1], out layers) || layers < 1)))
            throw new UserException($"--params {text}: NAME or NAME:LAYERS, with one layer or more.", UserException.Usage);
        return (model, layers);
    }
}
