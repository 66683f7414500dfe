using System.Text;
using System.Text.Json;
using Root.Optimizers;
using Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CharGpt;

/// <summary>
/// A run that can be taken up again: one <see cref="SealedZip"/> with state.json, metrics.csv (the run so far), model.bin and
/// optimizer.bin (as TorchSharp saves them, whichever optimizer it is). Whatever is wrong with a file ends in one line, a
/// <see cref="UserException"/>; model and optimizer may be loaded in part then, and are of no use.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    public const string FileName = "checkpoint.zip";

    private const string StatePart = "state.json";
    private const string MetricsPart = "metrics.csv";
    private const string ModelPart = "model.bin";
    private const string OptimizerPart = "optimizer.bin";

    private readonly string path;
    private readonly SealedZip zip;

    private Checkpoint(string path)
    {
        this.path = path;
        zip = new SealedZip(path, [StatePart, MetricsPart, ModelPart, OptimizerPart]);
        try
        {
            using var state = zip.Read(StatePart);
            State = CheckpointState.FromJson(state.ToArray());
            using var metrics = new StreamReader(zip.Read(MetricsPart));
            History = MetricsCsv.Read(metrics);
            if (History.Count != State.Step)
            {
                throw new InvalidDataException($"it has metrics of {History.Count} steps, and is said to be after step {State.Step}.");
            }

            // Before anybody makes one of that size.
            if (sizeof(float) * Gpt.ParameterCount(State.Options.Model) > zip.LengthOf(ModelPart))
            {
                throw new InvalidDataException($"{ModelPart} is too short for a model of its options.");
            }
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    public CheckpointState State { get; }

    public IReadOnlyList<StepMetrics> History { get; }

    public static void Save(
        string path, CheckpointState state, IEnumerable<StepMetrics> history, Gpt model, OptimizerHelper optimizer) =>
        AtomicFile.Write(path, file => SealedZip.Write(
            file,
            (StatePart, stream => stream.Write(state.ToJson())),
            (MetricsPart, stream =>
            {
                using var writer = new StreamWriter(stream);
                MetricsCsv.Write(writer, history);
            }),
            (ModelPart, stream => model.save(stream)),
            (OptimizerPart, stream =>
            {
                using var writer = new BinaryWriter(stream);
                optimizer.save_state_dict(writer);
            })));

    /// <summary>Opens a checkpoint, given as its file or as the folder that holds it.</summary>
    public static Checkpoint Open(string path)
    {
        path = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        try
        {
            return new Checkpoint(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or JsonException
            or FormatException or OverflowException or ArgumentException or NotSupportedException or UserException)
        {
            throw Refusal(path, e);
        }
    }

    /// <summary>Loads the weights into a model made with the checkpoint's options.</summary>
    // Where names are noted, TorchSharp refuses one that comes twice, in the place of another.
    public void Load(Gpt model) => Load(ModelPart, reader => model.load(reader, loadedParameters: []));

    /// <summary>Loads the state into an optimizer made with the checkpoint's options, from which it keeps its own.</summary>
    public void Load(OptimizerHelper optimizer) => Load(OptimizerPart, reader =>
    {
        var state = optimizer.state_dict();

        // TorchSharp makes SGD's momentum in any shape that the file says, and compares shapes with one that is there.
        foreach (var (parameter, its) in optimizer.parameters().Zip(state.State))
        {
            if (its is SGD.State sgd)
            {
                sgd.momentum_buffer ??= zeros_like(parameter);
            }
        }

        // And it takes any options, on some of which a step fails. The library's optimizers check theirs.
        var made = state.Options.Where(options => options is not MatrixOptions).Select(options => (options, Written(options))).ToList();
        optimizer.load_state_dict(reader);
        foreach (var (options, written) in made)
        {
            using var own = new BinaryReader(new MemoryStream(written));
            options.LoadStateDict(own);
        }
    });

    public void Dispose() => zip.Dispose();

    private static byte[] Written(OptimizerOptions options)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        options.SaveStateDict(writer);
        return stream.ToArray();
    }

    // What TorchSharp's readers throw at content that makes no sense is nowhere said, and may come from native code.
    private void Load(string part, Action<BinaryReader> load)
    {
        try
        {
            using var content = zip.Read(part);
            using var reader = new BinaryReader(content);
            load(reader);
            if (content.Position != content.Length)
            {
                throw new InvalidDataException($"{part} is too long.");
            }
        }
        catch (Exception e)
        {
            throw Refusal(path, e);
        }
    }

    // One line, of printable characters: messages of native code have a stack trace below, others quote the file.
    private static UserException Refusal(string path, Exception e)
    {
        var line = new StringBuilder(e.Message.Split('\n')[0].TrimEnd());
        for (var i = 0; i < line.Length; i++)
        {
            line[i] = char.IsControl(line[i]) ? ' ' : line[i];
        }

        return new UserException($"{path} cannot be resumed: {line}");
    }
}
