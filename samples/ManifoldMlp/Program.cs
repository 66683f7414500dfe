using System.CommandLine;
using Images;
using ManifoldMlp;
using Shared;

CpuThreads.Configure();

var methods = new Option<string[]>("--methods")
{
    Description = $"of {string.Join(", ", Methods.All.Select(m => m.Name))}", AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => Methods.All.Select(m => m.Name).ToArray(),
};
var epochs = new Option<int>("--epochs") { Description = "passes over the training set", DefaultValueFactory = _ => 3 };
var batch = new Option<int>("--batch") { Description = "images per step", DefaultValueFactory = _ => 1024 };
var rates = new Option<double[]>("--lr")
    { Description = "learning rates, in the place of each method's own", AllowMultipleArgumentsPerToken = true };
var seed = new Option<int>("--seed")
    { Description = "of the weights and the order of the data", DefaultValueFactory = _ => 42 };
var seeds = new Option<int>("--seeds")
{
    // One training cannot tell exact from dual: two seeds of either lie further apart.
    Description = "how many seeds, from --seed on, each is trained with; results are their means",
    DefaultValueFactory = _ => 3,
};
var limit = new Option<int?>("--limit") { Description = "use so many training images only" };
var data = new Option<string?>("--data")
{
    Description = "folder with CIFAR-10's binary files or Fashion-MNIST's idx files (default: Debian's "
        + "dataset-fashion-mnist)",
};
var json = new Option<string?>("--json") { Description = "file for the results" };
var results = new Option<string?>("--out") { Description = "folder for the figures and the tables" };

var command = new RootCommand("Trains a small MLP whose weights stay on a manifold, and with AdamW for comparison.")
    { methods, epochs, batch, rates, seed, seeds, limit, data, json, results };
command.SetAction(given =>
{
    foreach (var count in new[] { epochs, batch, seeds })
        if (given.GetValue(count) < 1)
            throw new UserException($"{count.Name} {given.GetValue(count)}: must be 1 or more.", UserException.Usage);
    var chosen = given.GetValue(methods)!.Select(Methods.Find).ToArray();
    var images = ImageData.Load(given.GetValue(data), given.GetValue(limit));
    var outcomes = Experiment.Run(images, chosen, given.GetValue(rates) ?? [], given.GetValue(epochs),
        given.GetValue(batch), given.GetValue(seed), given.GetValue(seeds));
    var summaries = Report.Summarize(outcomes);
    Console.WriteLine(Report.Table(summaries));
    if (given.GetValue(json) is { } file) ResultFile.Write(file, new { data = images.Name, results = summaries });
    if (given.GetValue(results) is { } folder) Report.Draw(folder, images.Name, summaries);
    return 0;
});

return CommandLineProgram.Run(command, args);
