using System.IO.Compression;
using System.Text.Json;
using Shared;
using TorchSharp.Modules;

namespace CharGpt;

/// <summary>What a checkpoint says of its run, beside the weights.</summary>
/// <param name="Text">The dataset's name or the file's full path.</param>
/// <param name="TextSha256">Tells whether a resumed run reads the same text.</param>
public sealed record CheckpointState(int Step, TrainOptions Options, string Text, string TextSha256);

/// <summary>
/// A run that can be taken up again: one zip file with state.json, metrics.csv (the run so far), model.bin and
/// optimizer.bin (as TorchSharp saves them).
/// </summary>
public sealed class Checkpoint : IDisposable
{
    public const string FileName = "checkpoint.zip";

    private readonly ZipArchive archive;

    private Checkpoint(ZipArchive archive)
    {
        this.archive = archive;
        using (var stream = Entry("state.json"))
        {
            State = JsonSerializer.Deserialize<CheckpointState>(stream)
                ?? throw new InvalidDataException("state.json is empty.");
        }

        using var reader = new StreamReader(Entry("metrics.csv"));
        History = [.. MetricsCsv.Read(reader)];
    }

    public CheckpointState State { get; }

    public IReadOnlyList<StepMetrics> History { get; }

    public static void Save(
        string path, CheckpointState state, IEnumerable<StepMetrics> history, Gpt model, OptimizerHelper optimizer) =>
        AtomicFile.Write(path, file =>
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            Add("state.json", stream => JsonSerializer.Serialize(stream, state));
            Add("metrics.csv", stream =>
            {
                using var writer = new StreamWriter(stream);
                MetricsCsv.Write(writer, history);
            });
            Add("model.bin", stream => model.save(stream));
            Add("optimizer.bin", stream =>
            {
                using var writer = new BinaryWriter(stream);
                optimizer.save_state_dict(writer);
            });

            void Add(string name, Action<Stream> write)
            {
                using var stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                write(stream);
            }
        });

    /// <summary>Opens a checkpoint, given as its file or as the folder that holds it.</summary>
    public static Checkpoint Open(string path)
    {
        path = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        return Guard(path, () => new Checkpoint(ZipFile.OpenRead(path)));
    }

    /// <summary>Loads the weights and the optimizer's state into objects made with the checkpoint's options.</summary>
    public void Load(Gpt model, OptimizerHelper optimizer) => Guard(Checkpoint.FileName, () =>
    {
        using var weights = Entry("model.bin");
        model.load(weights);
        using var state = new BinaryReader(Entry("optimizer.bin"));
        optimizer.load_state_dict(state);
        return true;
    });

    public void Dispose() => archive.Dispose();

    // In memory, because readers of tensors may want to seek.
    private MemoryStream Entry(string name)
    {
        var entry = archive.GetEntry(name) ?? throw new InvalidDataException($"{name} is missing.");
        using var stream = entry.Open();
        var content = new MemoryStream();
        stream.CopyTo(content);
        content.Position = 0;
        return content;
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException
            or JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            throw new UserException($"{path} cannot be resumed: {e.Message}");
        }
    }
}
