using System.CommandLine;
using System.Text;
using CharGpt;
using Root.Optimizers.Distributed;
using Shared;

Console.OutputEncoding = Encoding.UTF8;
var defaults = new TrainOptions();

var names = string.Join(", ", OptimizerFactory.Names);
var optimizer = Option<string?>("--optimizer", $"one of {names}", defaults.Optimizer);
var steps = Option<int?>("--steps", "steps of the run and of its learning-rate schedule", defaults.Steps);
var seed = Option<int?>("--seed", "of the weights and the order of the data", defaults.Seed);
var text = Option<string?>("--text", "moby-dick, sotu (State of the Union), or a file", Dataset.MobyDick.Name);
var layers = Option<int?>("--layers", "transformer blocks", defaults.Model.Layers);
var width = Option<int?>("--width", "width of the residual stream", defaults.Model.Width);
var heads = Option<int?>("--heads", "attention heads", defaults.Model.Heads);
var context = Option<int?>("--context", "bytes that the model sees", defaults.Model.Context);
var tied = Option<bool?>("--tied", "use the token embedding as the output head", false);
var batch = Option<int?>("--batch", "sequences per step", defaults.Batch);
var lr = Option<double?>("--lr", "peak learning rate", "the optimizer's own");
var weightDecay = Option<double?>("--weight-decay", "weight decay", "the optimizer's own");
var warmup = Option<int?>("--warmup", "steps until the peak learning rate", defaults.Warmup);
var clip = Option<double?>("--clip", "largest gradient norm; 0 switches clipping off", defaults.Clip);
var qkClip = Option<double?>(
    "--qk-clip", "largest attention logit, beyond which queries and keys are scaled back; 0 switches that off", defaults.QkClip);
var gradientNoise = Option<double?>(
    "--gradient-noise", "share of the gradients' entries to multiply by 100, to see what outliers do", defaults.GradientNoise);
var evalEvery = Option<int?>("--eval-every", "steps between validations", defaults.EvalEvery);
var device = Option<string?>("--device", "cpu, cuda or cuda:N", "cpu");
var sample = Option<int?>("--sample", "bytes of text to generate at the end", 400);
var json = Option<string?>("--json", "file for the result, which is the last line of the output as well", "none");
var output = Option<string?>("--out", "folder for metrics.csv, loss.svg and checkpoint.zip", "a new one in runs/");
var resume = Option<string?>(
    "--resume", "run to go on with: its checkpoint.zip or folder; more --steps stretch the schedule", "none");
var diagnostics = new Option<bool>("--diagnostics")
{
    Description = "look into the optimizer's steps: diagnostics.svg, gradient.svg and steps.jsonl",
};
var ranks = Option<int?>("--ranks", "processes that train together, each on its part of every batch", 1);

var command = new RootCommand("Trains a small GPT on the bytes of a text, to show an optimizer at work.")
{
    optimizer, steps, seed, text, layers, width, heads, context, tied, batch, lr, weightDecay, warmup, clip,
    qkClip, gradientNoise, evalEvery, device, sample, json, output, resume, diagnostics, ranks,
};
command.SetAction(given => OnRanks(new TrainRequest(
    options => options with
    {
        Optimizer = given.GetValue(optimizer) ?? options.Optimizer,
        Steps = given.GetValue(steps) ?? options.Steps,
        Seed = given.GetValue(seed) ?? options.Seed,
        Batch = given.GetValue(batch) ?? options.Batch,
        LearningRate = given.GetValue(lr) ?? options.LearningRate,
        WeightDecay = given.GetValue(weightDecay) ?? options.WeightDecay,
        Warmup = given.GetValue(warmup) ?? options.Warmup,
        Clip = given.GetValue(clip) ?? options.Clip,
        QkClip = given.GetValue(qkClip) ?? options.QkClip,
        GradientNoise = given.GetValue(gradientNoise) ?? options.GradientNoise,
        EvalEvery = given.GetValue(evalEvery) ?? options.EvalEvery,
        Model = options.Model with
        {
            Layers = given.GetValue(layers) ?? options.Model.Layers,
            Width = given.GetValue(width) ?? options.Model.Width,
            Heads = given.GetValue(heads) ?? options.Model.Heads,
            Context = given.GetValue(context) ?? options.Model.Context,
            Tied = given.GetValue(tied) ?? options.Model.Tied,
        },
    },
    given.GetValue(text),
    given.GetValue(device) ?? "cpu",
    given.GetValue(output),
    given.GetValue(resume),
    given.GetValue(sample) ?? 400,
    given.GetValue(json),
    given.GetValue(diagnostics),
    given.GetValue(ranks))));

return CommandLineProgram.Run(command, args);

// As one of several ranks, where mpirun has started it so. What the user can put right ends all of them by its message.
static int OnRanks(TrainRequest request)
{
    var exitCode = 0;
    ProcessGroup.Run(group =>
    {
        try
        {
            exitCode = TrainCommand.Run(request, group);
        }
        catch (Exception e) when (group.Size > 1 && e is (UserException or IOException or UnauthorizedAccessException))
        {
            group.Abort(e.Message);
        }
    });
    return exitCode;
}

// Options have no default of their own: what is not given is left to the run that is resumed.
static Option<T> Option<T>(string name, string description, object whenAbsent) =>
    new(name) { Description = $"{description} [{whenAbsent}]" };
