using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Root.Optimizers.Core.State;
using TorchSharp.Modules;

namespace Root.Optimizers;

// Saving and loading, by the options' names.
public abstract partial class MatrixOptions
{
    private static readonly ConditionalWeakTable<Type, PropertyInfo[]> SavedOptions = [];

    /// <exception cref="ArgumentException">The options cannot be loaded into these.</exception>
    internal virtual void Check(OptimizerOptions source)
    {
        if (source?.GetType() != GetType())
            throw new ArgumentException(
                $"Options of type {source?.GetType()} cannot be loaded into {GetType()}.", nameof(source));
    }

    /// <summary>Takes over every saved value of <paramref name="source"/>.</summary>
    public override void LoadStateDict(OptimizerOptions source)
    {
        Check(source);
        foreach (var option in Saved()) Assign(option, option.GetValue(source));
    }

    /// <summary>Of the first group: writes the whole saved state of the optimizer, through memory and so of at most 2 GB (beyond, use
    /// <see cref="MatrixOptimizer.Save"/>). Of any other group: nothing.</summary>
    public sealed override void SaveStateDict(BinaryWriter writer)
    {
        if (Owner?.IsFirst(this) != true) return;
        using var call = Owner.Enter();
        Owner.RefuseInGroup();
        using var state = new MemoryStream();
        SavedState.Write(Owner, state);
        writer.Write(state.Length);
        writer.Write(state.GetBuffer(), 0, (int)state.Length);
    }

    /// <summary>
    /// Of the first group: reads the whole saved state of the optimizer, checks it, and only then applies it. Of any other
    /// group: nothing, since the first has read it.
    /// </summary>
    /// <exception cref="InvalidDataException">The state is damaged, truncated or of another model; nothing is changed.</exception>
    public sealed override void LoadStateDict(BinaryReader reader)
    {
        if (Owner?.IsFirst(this) != true) return;
        using var call = Owner.Enter();
        try
        {
            var length = reader.ReadInt64();
            using var buffered = reader.BaseStream.CanSeek ? null : Buffer(reader, length);
            var stream = buffered ?? reader.BaseStream;
            if (length < 0 || length > stream.Length - stream.Position)
                throw new InvalidDataException($"This is no saved state: it is said to have {length} bytes, which there are not. "
                    + "Nothing was loaded.");
            Owner.LoadChecked(() => SavedState.Read(Owner, stream, length, strict: true));
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("This is no saved state: it ends too early. Nothing was loaded.", e);
        }
    }

    /// <summary>What of a stream that cannot seek there is, up to a length.</summary>
    private static MemoryStream Buffer(BinaryReader reader, long length)
    {
        var (buffered, chunk) = (new MemoryStream(), new byte[1 << 16]);
        while (buffered.Length < length && reader.Read(chunk, 0, (int)Math.Min(chunk.Length, length - buffered.Length)) is > 0 and var read)
            buffered.Write(chunk, 0, read);
        buffered.Position = 0;
        return buffered;
    }

    /// <summary>Every saved option by its name.</summary>
    internal Dictionary<string, JsonElement> ToJson() => ToJson(Saved());

    /// <summary>Of those the numbers, switches and choices, which one may change between steps.</summary>
    internal Dictionary<string, JsonElement> NumbersToJson() => ToJson(Saved().Where(option =>
        (Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType) is var type
        && (type.IsPrimitive || type.IsEnum || type == typeof((double, double)))));

    private Dictionary<string, JsonElement> ToJson(IEnumerable<PropertyInfo> options) => options.ToDictionary(option => option.Name,
        option => JsonSerializer.SerializeToElement(option.GetValue(this), option.PropertyType, SavedState.Json));

    /// <summary>Takes over every option that is known.</summary>
    /// <returns>The names of the others.</returns>
    internal IReadOnlyList<string> FromJson(Dictionary<string, JsonElement> values)
    {
        foreach (var option in Saved())
            if (values.Remove(option.Name, out var value))
                option.SetValue(this, value.Deserialize(option.PropertyType, SavedState.Json));
        return [.. values.Keys];
    }

    /// <summary>Takes over the value of one option.</summary>
    private protected virtual void Assign(PropertyInfo option, object? value) => option.SetValue(this, value);

    /// <summary>The options that a saved state holds.</summary>
    private PropertyInfo[] Saved() => SavedOptions.GetValue(GetType(), type => type.GetProperties()
        .Where(p => p.CanWrite && p.GetCustomAttribute<NotSavedAttribute>() is null)
        .OrderBy(p => p.Name, StringComparer.Ordinal).ToArray());
}
