using System.Reflection;
using System.Text.Json;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>The file of runs, a line of JSON each, appended as a run ends: a race that is stopped goes on after its last line. Files of the
/// same version may be put one after the other; of a run that is there twice the first counts. For any thread.</summary>
internal sealed class RaceLog
{
    /// <summary>Of this program, with the commit.</summary>
    public static readonly string Version = typeof(RaceLog).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private readonly string _path;
    private readonly Dictionary<RaceKey, RaceRun> _runs = [];
    private readonly Lock _access = new();

    /// <param name="path">The file.</param>
    /// <param name="resume">Whether to go on with what it holds; else it is put aside.</param>
    public RaceLog(string path, bool resume)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (!File.Exists(path)) return;
        if (!resume)
        {
            File.Move(path, path + ".old", overwrite: true);
            return;
        }
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
            if (Read(lines[i]) is { } run) _runs.TryAdd(run.Key, run);
            else if (i < lines.Length - 1) throw new UserException($"{path}, line {i + 1}: this is no run of a race.");
        // An entry may have had another definition then.
        if (_runs.Values.FirstOrDefault(run => run.Version != Version) is { } other)
            throw new UserException($"{path} has runs of version {other.Version}, and this is {Version}: they are not to be compared. "
                + "Go on with the program of that version, or begin again: without --resume, or with another file by --runs.");
        // A line that was being written when the race was stopped.
        if (lines.Length > 0 && Read(lines[^1]) is null) AtomicFile.Write(path, string.Concat(lines[..^1].Select(line => line + "\n")));
    }

    public RaceRun? Find(RaceKey key)
    {
        lock (_access) return _runs.GetValueOrDefault(key);
    }

    public void Add(RaceRun run)
    {
        lock (_access)
        {
            _runs.Add(run.Key, run);
            File.AppendAllText(_path, JsonSerializer.Serialize(run) + "\n");
        }
    }

    private static RaceRun? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<RaceRun>(line) is { Key.Setting: not null, Validation: not null } run ? run : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
