using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Ranks;

/// <summary>Sees to it that all ranks train one model: rank 0's weights, and the same shapes, types, routes and options.</summary>
internal static class SameModel
{
    /// <summary>The longest part of a description that a message quotes.</summary>
    private const int MostQuoted = 400;

    /// <summary>Compares descriptions.</summary>
    /// <param name="messages">Between the ranks.</param>
    /// <param name="own">This rank's: lines.</param>
    /// <exception cref="InvalidOperationException">On every rank: they differ; the message names the first difference.</exception>
    public static void Check(Messages messages, IReadOnlyList<string> own)
    {
        var hashes = messages.Exchange(() => Hash(own));
        var other = Array.FindIndex(hashes, hash => !hash.AsSpan().SequenceEqual(hashes[0]));
        if (other < 0) return;
        var texts = messages.Exchange(() => messages.Rank == 0 || messages.Rank == other ? Bytes(own) : []);
        var (first, its) = (Lines(texts[0]), Lines(texts[other]));
        var i = Enumerable.Range(0, Math.Max(first.Length, its.Length)).First(i => Line(first, i) != Line(its, i));
        var (one, two) = (Line(first, i), Line(its, i));
        var same = one.AsSpan().CommonPrefixLength(two);
        throw new InvalidOperationException($"Rank {other} trains something else than rank 0. Rank 0: {Quote(one, same)}. "
            + $"Rank {other}: {Quote(two, same)}. All ranks must make the same optimizer over the same model.");
    }

    /// <summary>Gives all ranks rank 0's weights.</summary>
    public static void Broadcast(IProcessGroup group, IEnumerable<Slot> slots)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var slot in slots.Where(slot => slot.Entries > 0 && slot.Parameter.device_type != DeviceType.META))
        {
            var theta = slot.Parameter.detach();
            var sent = theta.contiguous();
            group.Broadcast(sent, root: 0);
            if (!theta.is_contiguous()) theta.copy_(sent);
        }
    }

    /// <summary>What must be the same on all ranks, a line each.</summary>
    /// <param name="optimizer">Its kind, and what is said of it before its groups.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="optionsOf">The options of a group.</param>
    public static IReadOnlyList<string> Describe(string optimizer, IReadOnlyList<MatrixOptimizer.Group> groups,
        Func<MatrixOptimizer.Group, MatrixOptions> optionsOf) =>
    [
        optimizer,
        .. groups.SelectMany((group, i) => Describe(i, optionsOf(group).ToJson())
            .Concat(group.Slots.Select(slot => $"group {i}, {Describe(slot)}"))),
        // Last: where models differ, plans do so too, and say less.
        .. groups.SelectMany(group => group.Slots).Select(slot =>
            $"{slot.Label}, kept as {string.Join(" + ", slot.Pieces.Select(its => $"{its.Length} on rank {its.Rank}"))}"),
    ];

    /// <summary>The options of a group, a line each.</summary>
    public static IEnumerable<string> Describe(int group, Dictionary<string, JsonElement> options) =>
        options.Select(option => $"group {group}, {option.Key} {option.Value.GetRawText()}");

    private static string Describe(Slot slot) =>
        $"{slot.Label}, {slot.Parameter.dtype} on {slot.Parameter.device_type}, {slot.Routed.Route}, step {slot.Kept.step}"
        + $"{(slot.Parameter.is_contiguous() ? "" : ", not contiguous")}"
        + (slot is MatrixSlot matrix
            ? $", share {matrix.Share:r}, {string.Join(" + ", matrix.Parts.Select(part => $"{part} {part.Plan}"))}" : "")
        + string.Concat(slot.Kept.Layouts.Select(its => $", {its.name} in {its.type}"));

    /// <summary>What ranks compare first.</summary>
    public static byte[] Hash(IReadOnlyList<string> lines) => SHA256.HashData(Bytes(lines));

    private static byte[] Bytes(IReadOnlyList<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines));

    private static string[] Lines(byte[] text) => Encoding.UTF8.GetString(text).Split('\n');

    private static string Line(string[] lines, int i) => i < lines.Length ? lines[i] : "nothing";

    /// <summary>What is around the place where a line begins to differ.</summary>
    private static string Quote(string line, int place)
    {
        var (start, end) = (Math.Max(0, place - MostQuoted / 2), Math.Min(line.Length, place + MostQuoted / 2));
        return $"{(start > 0 ? "..." : "")}{line[start..end]}{(end < line.Length ? "..." : "")}";
    }
}
