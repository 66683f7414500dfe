using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>
/// The saved state of a matrix optimizer. TorchSharp's load applies option after option as it reads, so that a truncated file
/// would leave an optimizer half loaded; its methods cannot be overridden, but the first thing they call is the first
/// group's options, which hand the reader to <see cref="Load"/>.
/// </summary>
internal static class SavedState
{
    private const string Format = "Root.Optimizers state";
    private const int Version = 5;

    /// <summary>How options are written: by name, enumerations by theirs.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        IncludeFields = true,
        Converters = { new JsonStringEnumConverter() },
    };

    public static void WriteHeader(BinaryWriter writer)
    {
        writer.Write(Format);
        writer.Write(Version);
    }

    /// <summary>Reads everything, checks everything, then applies everything.</summary>
    /// <exception cref="InvalidDataException">The state is damaged, truncated or of another model; nothing is changed.</exception>
    public static void Load(MatrixOptimizer optimizer, BinaryReader reader)
    {
        using var scope = NewDisposeScope();
        var reading = "its header";
        var options = new List<MatrixOptions>();
        var states = new List<ParameterState.Saved>();
        try
        {
            if (reader.ReadString() != Format) throw new InvalidDataException("it does not begin as one does");
            if (reader.ReadInt32() is var version && version != Version)
                throw new InvalidDataException($"it is of version {version}; this library reads version {Version}");
            foreach (var group in optimizer.Groups)
            {
                reading = $"the options of group {options.Count}";
                var loaded = group.Options.Copy();
                loaded.Read(reader);
                loaded.Validate();
                group.Options.Check(loaded);
                options.Add(loaded);
            }
            foreach (var slot in optimizer.Slots)
            {
                reading = $"the state of {slot.Label}";
                states.Add(slot.Kept.Read(reader));
            }
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidDataException or FormatException
            or JsonException or NotSupportedException or OverflowException or OutOfMemoryException)
        {
            throw new InvalidDataException(
                $"This is no saved state for this {optimizer.GetType().Name}: at {reading}, {e.Message} "
                + "Nothing was loaded. The file must come from an optimizer of the same kind over the same parameters.", e);
        }

        foreach (var (group, loaded) in optimizer.Groups.Zip(options)) group.Options.LoadStateDict(loaded);
        foreach (var (slot, saved) in optimizer.Slots.Zip(states)) slot.Kept.Assign(saved);
    }
}
