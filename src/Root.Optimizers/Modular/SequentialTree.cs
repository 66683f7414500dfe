using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Modular;

/// <summary>The tree of a Sequential: its modules, one after the other.</summary>
internal static class SequentialTree
{
    public static ModularNode FromModule(nn.Module model) => FromModule("", model);

    private static ModularNode FromModule(string path, nn.Module model)
    {
        if (model is not Sequential) return Leaf(path, model);
        var children = model.named_children().Select(c => FromModule(path.Length == 0 ? c.name : $"{path}.{c.name}", c.module))
            .ToArray();
        return children.Length == 0 ? Bond.Identity : children.Aggregate((first, second) => first >> second);
    }

    private static ModularNode Leaf(string path, nn.Module module) => module switch
    {
        Linear linear => Atom.Linear(linear, path + ".weight"),
        Embedding embedding => Atom.Embedding(embedding, path + ".weight"),
        Conv2d convolution => Atom.Conv2d(convolution, path + ".weight"),
        ReLU => Bond.ReLU,
        GELU => Bond.Gelu,
        Tanh => Bond.Tanh,
        Flatten or Identity => Bond.Identity,
        AvgPool2d or AdaptiveAvgPool2d => Bond.MeanPooling,
        MaxPool2d pool => Bond.MaxPooling(pool.kernel_size[0] * pool.kernel_size[^1]),
        LayerNorm => Bond.LayerNorm,
        Dropout => Bond.Estimated("dropout", 1),
        _ => throw new ArgumentException(
            $"'{path}' is a {module.GetType().Name}, whose norm or sensitivity is not known here; build the tree with Atom "
            + "and Bond (Bond.Known or Bond.Estimated for what has no weights) and pass it to ModularBudget.FromTree."),
    };
}
