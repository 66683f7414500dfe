using System.Text.Json;
using System.Text.Json.Serialization;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>
/// An optimizer's state as a <see cref="Safetensors"/> file: the tensors of every parameter under PARAMETER.BUFFER, and in the
/// metadata the groups' options by name and of every parameter name, route and counts. A parameter without a name has its number
/// for one. Everything is read and checked before anything changes.
/// </summary>
internal static class SavedState
{
    private const string Format = "Root.Optimizers", Version = "1";

    /// <summary>How options are written: by name, enumerations by theirs.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        IncludeFields = true,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>What the metadata says of a parameter.</summary>
    /// <param name="Name">Or its number.</param>
    /// <param name="Shape">Its shape.</param>
    /// <param name="Type">Its type.</param>
    /// <param name="Route">Where it goes.</param>
    /// <param name="Step">How many steps it has taken.</param>
    /// <param name="Idle">Of each of its matrices: steps in a row without a gradient.</param>
    private sealed record SavedParameter(string Name, long[] Shape, string Type, Route Route, long Step, float[] Idle);

    /// <summary>More steps than anybody takes, and few enough to count on from.</summary>
    internal const long MostSteps = 1L << 50;

    /// <summary>Writes the state of an optimizer that keeps all of it.</summary>
    public static void Write(MatrixOptimizer optimizer, Stream stream) => Write(optimizer, stream,
        [.. optimizer.Slots.Select(slot => slot.Kept.IdleOnHost())],
        optimizer.Slots.SelectMany(slot => slot.Kept.Named).Select(buffer => buffer.tensor));

    /// <param name="optimizer">Whose state it is.</param>
    /// <param name="stream">Can seek.</param>
    /// <param name="idle">Of every parameter: its counts of steps without gradient.</param>
    /// <param name="buffers">Of all parameters, in order; asked for one at a time.</param>
    public static void Write(MatrixOptimizer optimizer, Stream stream, IReadOnlyList<float[]> idle, IEnumerable<Tensor> buffers)
    {
        using var grad = no_grad();
        var slots = Named(optimizer);
        Safetensors.Write(stream,
            slots.SelectMany(slot => slot.slot.Kept.Layouts.Select(its => ($"{slot.name}.{its.name}", its.shape, its.type))),
            [
                ("format", Format), ("version", Version), ("optimizer", optimizer.GetType().Name),
                ("groups", JsonSerializer.Serialize(optimizer.Groups.Select(group => group.Options.ToJson()), Json)),
                ("parameters", JsonSerializer.Serialize(slots.Zip(idle, (named, counts) => new SavedParameter(named.name,
                    named.slot.Parameter.shape, $"{named.slot.Parameter.dtype}", named.slot.Routed.Route, named.slot.Kept.step, counts)),
                    Json)),
            ],
            buffers);
    }

    /// <summary>A file that was read and checked, for an optimizer that has not changed yet.</summary>
    /// <param name="Checksum">The file's.</param>
    /// <param name="Report">What became of it.</param>
    /// <param name="Apply">Loads it.</param>
    internal sealed record Contents(string Checksum, LoadedState Report, Action Apply);

    /// <summary>Reads everything and checks everything.</summary>
    /// <param name="optimizer">What is to be loaded into; in a group of ranks, what it keeps there.</param>
    /// <param name="stream">At the beginning of the file.</param>
    /// <param name="length">Of the file.</param>
    /// <param name="strict">Whether what does not match is an error.</param>
    /// <returns>What is applied while the tensors live that were made for it.</returns>
    /// <exception cref="InvalidDataException">The state is damaged, or, strict, of another model.</exception>
    public static Contents Read(MatrixOptimizer optimizer, Stream stream, long length, bool strict)
    {
        try
        {
            var own = Named(optimizer).Where(slot => slot.slot.IsOwn)
                .SelectMany(slot => slot.slot.Kept.Layouts.Select(its => $"{slot.name}.{its.name}")).ToHashSet();
            var (tensors, metadata) = Safetensors.Read(stream, length, own.Contains);
            if (metadata.GetValueOrDefault("format") != Format) throw new InvalidDataException("it is of another program");
            if (metadata.GetValueOrDefault("version") is var version && version != Version)
                throw new InvalidDataException($"it is of version {version}; this library reads version {Version}");
            if (metadata.GetValueOrDefault("optimizer") is var kind && kind != optimizer.GetType().Name)
                throw new InvalidDataException($"it is of {kind}");
            var report = new Report(strict);
            var options = Options(optimizer, metadata.GetValueOrDefault("groups") ?? "", report);
            var states = States(optimizer, tensors, metadata.GetValueOrDefault("parameters") ?? "", report);
            return new(metadata[Safetensors.Checksum], report.Done(), () =>
            {
                foreach (var (group, loaded) in options) group.Options.LoadStateDict(loaded);
                foreach (var (slot, saved) in states) slot.Kept.Assign(saved);
            });
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException or InvalidDataException or FormatException
            or JsonException or NotSupportedException or OverflowException or InvalidOperationException)
        {
            throw new InvalidDataException($"This is no saved state for this {optimizer.GetType().Name}: {e.Message} "
                + "Nothing was loaded.", e);
        }
    }

    /// <summary>Parameters under the names that they are saved by: their own, or their number; of several of one name all but the
    /// first have their place among them behind it.</summary>
    private static (string name, Slot slot)[] Named(MatrixOptimizer optimizer)
    {
        var seen = new Dictionary<string, int>();
        return optimizer.Slots.Select((slot, i) =>
        {
            var name = slot.Routed.Name ?? $"{i}";
            var before = seen[name] = seen.GetValueOrDefault(name) + 1;
            return (before == 1 ? name : $"{name}#{before}", slot);
        }).ToArray();
    }

    private static List<(MatrixOptimizer.Group group, MatrixOptions loaded)> Options(MatrixOptimizer optimizer, string json, Report report)
    {
        var groups = JsonSerializer.Deserialize<Dictionary<string, JsonElement>[]>(json, Json) ?? [];
        if (groups.Length != optimizer.Groups.Count)
            report.Refuse($"it has {groups.Length} groups where there are {optimizer.Groups.Count}");
        var options = new List<(MatrixOptimizer.Group, MatrixOptions)>();
        foreach (var (group, written) in optimizer.Groups.Zip(groups))
        {
            var loaded = group.Options.CopyWithInherited();
            report.UnknownOptions.AddRange(loaded.FromJson(written ?? throw new JsonException("a group is null")));
            loaded.Validate();
            loaded.CheckRates(group.Parts);
            group.Options.Check(loaded);
            options.Add((group, loaded));
        }
        return options;
    }

    private static List<(Slot slot, ParameterState.Saved saved)> States(MatrixOptimizer optimizer,
        Dictionary<string, Safetensors.Entry> tensors, string json, Report report)
    {
        var written = new Dictionary<string, SavedParameter>();
        foreach (var parameter in JsonSerializer.Deserialize<SavedParameter[]>(json, Json) ?? [])
            written.Add((parameter ?? throw new JsonException("a parameter is null")).Name, parameter);
        var (states, used) = (new List<(Slot, ParameterState.Saved)>(), new HashSet<string>());
        foreach (var (name, slot) in Named(optimizer))
        {
            if (!written.Remove(name, out var saved))
            {
                report.Miss(name, $"it has nothing of {slot.Label}");
                continue;
            }
            if (saved.Shape is null || !saved.Shape.SequenceEqual(slot.Parameter.shape))
            {
                report.Miss(name, $"{slot.Label} has shape {saved.Shape?.Text()} in it");
                continue;
            }
            if (saved.Route != slot.Routed.Route)
            {
                report.Miss(name, $"{slot.Label} goes to {slot.Routed.Route} here, and went to {saved.Route}");
                continue;
            }
            if (saved.Step is < 0 or > MostSteps || saved.Idle is null || saved.Idle.Any(count => !(count >= 0 && count <= MostSteps)))
                throw new InvalidDataException($"the counts of {slot.Label} are out of range");
            if (Buffers(name, slot, tensors, used, report) is { } buffers) states.Add((slot, new(saved.Step, buffers, saved.Idle)));
        }
        // A parameter that nobody takes stands for its tensors.
        foreach (var name in written.Keys.Concat(tensors.Keys.Where(tensor => !used.Contains(tensor)
            && !written.Keys.Any(parameter => tensor.StartsWith(parameter + ".", StringComparison.Ordinal)))))
            report.Leave(name, isError: !name.EndsWith("." + ParameterState.MasterName, StringComparison.Ordinal));
        return states;
    }

    /// <summary>What is kept here of a parameter's buffers, in their order and of their types; null where some are missing.</summary>
    private static Tensor[]? Buffers(string name, Slot slot, Dictionary<string, Safetensors.Entry> tensors, HashSet<string> used,
        Report report)
    {
        var buffers = new List<Tensor>();
        foreach (var (buffer, shape, type) in slot.Kept.Layouts)
        {
            var full = $"{name}.{buffer}";
            used.Add(full);
            if (!tensors.TryGetValue(full, out var loaded) || !loaded.Shape.SequenceEqual(shape))
            {
                // A master that the file lacks is the parameter itself, which the next step finds.
                if (buffer == ParameterState.MasterName)
                {
                    if (slot.IsOwn) buffers.Add(zeros_like(slot.Kept[buffer]));
                    continue;
                }
                report.Miss(full, $"'{buffer}' of {slot.Label} is missing, or has another shape");
                return null;
            }
            if (loaded.Type != type) report.Cast.Add($"{full}: {loaded.Type} to {type}");
            if (loaded.Tensor is null) continue;
            // In the type that it will have: what is finite in float64 may not be in float32.
            var cast = (slot as VectorSlot)?.Own(loaded.Tensor) ?? loaded.Tensor;
            cast = cast.to(type);
            if (!cast.isfinite().all().item<bool>()) throw new InvalidDataException($"'{buffer}' of {slot.Label} holds NaN or infinity");
            if (buffer == AdamWState.SecondMomentName && cast.numel() > 0 && cast.min().to(ScalarType.Float64).item<double>() < 0)
                throw new InvalidDataException($"'{buffer}' of {slot.Label}, a mean of squares, is negative");
            buffers.Add(cast);
        }
        return [.. buffers];
    }

    private sealed class Report(bool strict)
    {
        private readonly List<string> _unused = [], _missing = [];

        public List<string> UnknownOptions { get; } = [];

        public List<string> Cast { get; } = [];

        public void Refuse(string message)
        {
            if (strict) throw new InvalidDataException(message + "; load with strict: false to take what matches.");
        }

        public void Miss(string name, string message)
        {
            Refuse(message);
            _missing.Add(name);
        }

        /// <param name="name">Of a parameter or a buffer.</param>
        /// <param name="isError">A master that is not used here is none: the parameter is its rounding.</param>
        public void Leave(string name, bool isError)
        {
            if (isError) Refuse($"it has '{name}', which this optimizer has not");
            _unused.Add(name);
        }

        public LoadedState Done() => new(_missing, _unused, Cast, UnknownOptions);
    }
}
