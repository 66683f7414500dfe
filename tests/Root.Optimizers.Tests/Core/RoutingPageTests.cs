using System.IO.Enumeration;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>The table of docs/routing.md over TorchSharp's modules, against the router.</summary>
public class RoutingPageTests
{
    /// <summary>The modules that a line of the table, by its first cell, speaks of.</summary>
    private static readonly Dictionary<string, Func<nn.Module[]>> Modules = new()
    {
        ["`Linear`"] = () => [nn.Linear(6, 5)],
        ["`Linear`, one input or one output"] = () => [nn.Linear(1, 5), nn.Linear(6, 1)],
        ["`Bilinear`"] = () => [nn.Bilinear(3, 4, 5)],
        ["`Conv1d`, `Conv2d`, `Conv3d`"] = () => [nn.Conv1d(4, 6, 3), nn.Conv2d(4, 6, 3), nn.Conv3d(4, 6, 3)],
        ["`Conv1d`, `Conv2d`, `Conv3d`, depthwise or of one input channel"] = () =>
            [nn.Conv1d(4, 4, 3, groups: 4), nn.Conv2d(4, 4, 3, groups: 4), nn.Conv3d(1, 6, 3)],
        ["`ConvTranspose1d`, `ConvTranspose2d`, `ConvTranspose3d`"] = () =>
            [nn.ConvTranspose1d(4, 6, 3), nn.ConvTranspose2d(4, 6, 3), nn.ConvTranspose3d(4, 6, 3)],
        ["`Embedding`, `EmbeddingBag`"] = () => [nn.Embedding(7, 4), nn.EmbeddingBag(7, 4)],
        ["`LayerNorm`, over any number of dimensions"] = () => [nn.LayerNorm(4), nn.LayerNorm([4L, 4L]), nn.LayerNorm([2L, 3L, 4L])],
        ["`GroupNorm`"] = () => [nn.GroupNorm(2, 4)],
        ["`BatchNorm1d`, `BatchNorm2d`, `BatchNorm3d`"] = () => [nn.BatchNorm1d(4), nn.BatchNorm2d(4), nn.BatchNorm3d(4)],
        ["`InstanceNorm1d`, `InstanceNorm2d`, `InstanceNorm3d`, affine"] = () =>
            [nn.InstanceNorm1d(4, affine: true), nn.InstanceNorm2d(4, affine: true), nn.InstanceNorm3d(4, affine: true)],
        ["`RNN`, `LSTM`, `GRU`, any number of layers, one or both directions"] = () =>
            [nn.RNN(4, 6), nn.LSTM(4, 6, numLayers: 2), nn.GRU(4, 6, bidirectional: true)],
        ["`RNNCell`, `LSTMCell`, `GRUCell`"] = () => [nn.RNNCell(4, 6), nn.LSTMCell(4, 6), nn.GRUCell(4, 6)],
        ["`MultiheadAttention`"] = () => [nn.MultiheadAttention(8, 2)],
        ["`MultiheadAttention`, add_bias_kv, kdim and vdim of their own"] = () =>
            [nn.MultiheadAttention(8, 2, add_bias_kv: true, kdim: 6, vdim: 4)],
        ["`TransformerEncoderLayer`"] = () => [nn.TransformerEncoderLayer(8, 2, 16)],
        ["`TransformerDecoderLayer`"] = () => [nn.TransformerDecoderLayer(8, 2, 16)],
        ["`TransformerEncoder`, `TransformerDecoder`, `Transformer`"] = () =>
        [
            nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2),
            nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2), nn.Transformer(8, 2, 1, 1, 16),
        ],
        ["`PReLU`"] = () => [nn.PReLU(4)],
    };

    [Fact]
    public void The_page_says_what_the_router_does()
    {
        var lines = Table();
        Assert.Equal(Modules.Keys.Order(StringComparer.Ordinal), lines.Select(line => line[0]).Order(StringComparer.Ordinal));
        foreach (var line in lines)
        {
            var patterns = new Dictionary<Route, string[]> { [Route.Matrix] = Quoted(line[1]), [Route.AdamW] = Quoted(line[2]) };
            var modules = Modules[line[0]]();
            Assert.Equal(modules.Select(m => m.GetType().Name).Distinct().Order(), Quoted(line[0]).Order());
            foreach (var module in modules)
            {
                using var optimizer = new Muon(module);
                foreach (var routed in optimizer.Routing)
                {
                    var routes = patterns.Where(p => p.Value.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, routed.Name!)));
                    Assert.True(routes.Select(r => r.Key).SequenceEqual([routed.Route]), $"{module.GetType().Name}: {routed}");
                }
                Assert.All(patterns.Values.SelectMany(p => p), pattern => Assert.Contains(optimizer.Routing,
                    routed => FileSystemName.MatchesSimpleExpression(pattern, routed.Name!)));
            }
        }
    }

    [Fact]
    public void The_page_names_every_module_of_TorchSharp_that_has_parameters()
    {
        static bool HasNone(Type? type) => type is not null && (type.Name.StartsWith("ParameterLess", StringComparison.Ordinal)
            || type.Name.StartsWith("Loss", StringComparison.Ordinal) || HasNone(type.BaseType));
        var own = typeof(Linear).Assembly.GetTypes().Where(t => t.Namespace == typeof(Linear).Namespace && t.IsSealed
            && typeof(nn.Module).IsAssignableFrom(t) && !HasNone(t));
        Assert.Equal(own.Select(t => t.Name).Order(), Table().SelectMany(line => Quoted(line[0])).Distinct().Order());
    }

    /// <summary>The cells of each line of the table.</summary>
    private static string[][] Table() => File.ReadLines(Path.Combine(Repository.Root, "docs", "routing.md"))
        .SkipWhile(line => !line.StartsWith("| module | the matrix step |", StringComparison.Ordinal)).Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim()).ToArray()).ToArray();

    /// <summary>What stands between backticks.</summary>
    private static string[] Quoted(string cell) => cell.Split('`').Where((_, i) => i % 2 == 1).ToArray();
}
