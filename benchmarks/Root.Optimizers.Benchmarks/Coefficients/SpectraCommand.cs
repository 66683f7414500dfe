using System.CommandLine;
using System.Globalization;
using CharGpt;
using Root.Optimizers.Benchmarks.Fidelity;
using Shared;

namespace Root.Optimizers.Benchmarks.Coefficients;

/// <summary>
/// ./run bench spectra: trains CharGpt on Moby-Dick with RootOptimizer and writes the spectra of its clipped momentum. The
/// defaults are those of the training behind <see cref="CapturedSpectrum.Width768"/>: half the learning rate of width 192
/// (docs/results/transfer.md has how the best one falls), and a small batch, for a run of ten minutes on two cores.
/// </summary>
internal static class SpectraCommand
{
    /// <summary>Later than this the spectra of a run change little.</summary>
    private const int FromStep = 150;

    public static Command Create()
    {
        var width = new Option<int>("--width") { Description = "of the residual stream", DefaultValueFactory = _ => 768 };
        var heads = new Option<int>("--heads") { Description = "attention heads", DefaultValueFactory = _ => 12 };
        var layers = new Option<int>("--layers") { Description = "transformer blocks", DefaultValueFactory = _ => 3 };
        var batch = new Option<int>("--batch") { Description = "sequences of 128 bytes per step", DefaultValueFactory = _ => 8 };
        var lr = new Option<double>("--lr") { Description = "peak learning rate", DefaultValueFactory = _ => 4e-3 };
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 300 };
        var file = new Option<string>("--out")
            { Description = "file for the spectra", DefaultValueFactory = _ => $"{CapturedSpectrum.Folder}/{CapturedSpectrum.Width768}" };
        var json = new Option<string?>("--json") { Description = "file for the validation loss and the shapes" };
        var command = new Command("spectra", "Trains CharGpt and writes the singular values of its clipped momentum, by shape.")
            { width, heads, layers, batch, lr, steps, file, json };
        command.SetAction(given => Run(new TrainOptions
        {
            Model = new() { Width = given.GetValue(width), Heads = given.GetValue(heads), Layers = given.GetValue(layers) },
            Batch = given.GetValue(batch),
            LearningRate = given.GetValue(lr),
            Steps = given.GetValue(steps),
            EvalEvery = Math.Max(1, given.GetValue(steps)),
        }.Validated(), given.GetValue(file)!, given.GetValue(json)));
        return command;
    }

    private static int Run(TrainOptions options, string file, string? json)
    {
        if (options.Steps < FromStep)
            throw new UserException($"--steps {options.Steps}: spectra are taken from step {FromStep} on.", UserException.Usage);
        double? loss = null;
        var captured = ProgressDisplay.Run(options.Steps, progress =>
        {
            progress.Begin("training");
            return Capture.Train(options, Dataset.Read(Dataset.MobyDick.Name), IsTaken, metrics =>
            {
                loss = metrics.ValLoss;
                progress.Step();
            });
        });
        var spectra = CapturedSpectrum.Of(captured.Where(m => IsTaken(m.Step)));
        CapturedSpectrum.Save(file, spectra);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{spectra.Length} shapes in {file}; validation loss after {options.Steps} steps {loss:0.000}"));
        if (json is not null)
            ResultFile.Write(json, new
                { machine = Machine.Describe(), file, options.Steps, val_loss = loss, shapes = spectra.Select(s => s.Shape) });
        return 0;
    }

    private static bool IsTaken(long step) => step >= FromStep && step % 50 == 0;
}
