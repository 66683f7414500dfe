using System.CommandLine;
using Images;
using ImageClassifier;
using Shared;

CpuThreads.Configure();

const string transformer = "transformer";
const string resnet = "resnet";

var model = new Option<string>("--model") { Description = "what to train", DefaultValueFactory = _ => transformer };
model.AcceptOnlyFromAmong(transformer, resnet);
var optimizers = new Option<string>("--optimizers")
{
    Description = $"comma-separated, of {string.Join(", ", Methods.All.Select(m => m.Name))}",
    DefaultValueFactory = _ => "adamw,muon,muon-momentum-0.9,root,recommended",
};
var ablation = new Option<bool>("--ablation")
    { Description = "instead: RootOptimizer at outlier quantiles 0.80 to 0.99, and without the split" };
var epochs = Int("--epochs", "passes over the training set", 1);
var batch = Int("--batch", "images per step", 128);
var seeds = Int("--seeds", "how many seeds, from 1 on", 1);
var lr = new Option<double?>("--lr") { Description = "peak learning rate, in the place of each method's own" };
var limit = new Option<int?>("--limit") { Description = "use so many training images only" };
var width = new Option<int?>("--width")
    { Description = "of the transformer's residual stream (default 64), or channels of the resnet's first stage (16; 64: ResNet-18)" };
var patch = Int("--patch", "side of the transformer's patches", 7);
var layers = Int("--layers", "the transformer's blocks", 4);
var heads = Int("--heads", "the transformer's attention heads", 4);
var data = new Option<string?>("--data")
    { Description = "folder with Fashion-MNIST's idx files (default: Debian's dataset-fashion-mnist)" };
var cifar = new Option<string?>("--cifar")
    { Description = "folder with CIFAR-10's binary files (for a transformer try --patch 4)" };
var json = new Option<string?>("--json") { Description = "file for the results" };
var results = new Option<string?>("--out") { Description = "folder for the table and the figure" };

var command = new RootCommand("Trains a small vision transformer or a residual network with several optimizers.")
{
    model, optimizers, ablation, epochs, batch, seeds, lr, limit, width, patch, layers, heads, data, cifar, json, results,
};
command.SetAction(given =>
{
    foreach (var option in new[] { epochs, batch, seeds, patch, layers, heads })
        if (given.GetValue(option) < 1) throw Usage(option.Name, given.GetValue(option), "must be 1 or more");
    if (given.GetValue(limit) is < 1) throw Usage("--limit", given.GetValue(limit), "must be 1 or more");
    if (given.GetValue(lr) is { } rate && !(rate > 0 && double.IsFinite(rate)))
        throw Usage("--lr", rate, "must be above 0");
    var isTransformer = given.GetValue(model) == transformer;
    var modelWidth = given.GetValue(width) ?? (isTransformer ? 64 : 16);
    if (modelWidth < 1) throw Usage("--width", modelWidth, "must be 1 or more");
    if (!isTransformer && Array.Find([patch, layers, heads], option => given.GetResult(option) is { Implicit: false }) is { } lost)
        throw Usage(lost.Name, given.GetValue(lost), $"does not go with --model {resnet}");
    if (isTransformer && modelWidth % given.GetValue(heads) != 0)
        throw Usage("--width", modelWidth, $"not divisible by --heads {given.GetValue(heads)}");
    if (given.GetValue(data) is { } idx && given.GetValue(cifar) is not null)
        throw Usage("--data", idx, "does not go with --cifar");
    var isAblation = given.GetValue(ablation);
    if (isAblation && given.GetResult(optimizers) is { Implicit: false })
        throw Usage("--optimizers", given.GetValue(optimizers), "does not go with --ablation");

    var methods = isAblation ? Methods.Ablation : Methods.Of(given.GetValue(optimizers)!);
    var images = given.GetValue(cifar) is { } folder
        ? ImageData.LoadCifar(folder, given.GetValue(limit))
        : ImageData.Load(given.GetValue(data), given.GetValue(limit));
    if (isTransformer && images.Side % given.GetValue(patch) != 0)
        throw Usage("--patch", given.GetValue(patch), $"does not divide the images' side, {images.Side}");
    var (side, channels) = (images.Side, images.Mean.Length);
    var network = isTransformer
        ? Network.Of(new VitOptions(side, channels, ImageData.Classes, given.GetValue(patch), modelWidth,
            given.GetValue(layers), given.GetValue(heads)))
        : Network.Of(new ResNetOptions(side, channels, ImageData.Classes, modelWidth));
    var outcomes = Experiment.Run(images, network, methods,
        new(given.GetValue(epochs), given.GetValue(batch), given.GetValue(seeds), given.GetValue(lr)));
    Console.WriteLine(Report.Table(outcomes));
    if (given.GetValue(json) is { } file)
        ResultFile.Write(file, new { data = images.Name, model = network.Name, results = outcomes });
    if (given.GetValue(results) is { } path)
        Report.Save(path, isAblation ? $"{network.Name}-ablation" : network.Name, $"{network.Title} on {images.Name}", outcomes);
    return 0;
});

return CommandLineProgram.Run(command, args);

static Option<int> Int(string name, string description, int value) =>
    new(name) { Description = description, DefaultValueFactory = _ => value };

static UserException Usage(string option, object? value, string why) =>
    new($"{option} {value}: {why}.", UserException.Usage);
