using System.Text.Json;

namespace CharGpt;

/// <summary>What a checkpoint says of its run, beside weights and metrics: state.json.</summary>
/// <param name="Text">The dataset's name or the file's full path.</param>
/// <param name="TextSha256">Tells whether a resumed run reads the same text.</param>
public sealed record CheckpointState(int Step, TrainOptions Options, string Text, string TextSha256)
{
    private static readonly JsonSerializerOptions Json = new() { RespectNullableAnnotations = true };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote, and checks that a run could have written it.</summary>
    public static CheckpointState FromJson(byte[] json)
    {
        var state = JsonSerializer.Deserialize<CheckpointState>(json, Json);

        // What is missing, unknown or said twice is written otherwise. A missing option would have this version's default.
        if (state is null || !state.ToJson().AsSpan().SequenceEqual(json))
        {
            throw new InvalidDataException("state.json is not as this version writes it.");
        }

        if (OptimizerFactory.WithDefaults(state.Options.Validated()) != state.Options)
        {
            throw new InvalidDataException("state.json leaves learning rate or weight decay open.");
        }

        if (state.Step < 0 || state.Step > state.Options.Steps)
        {
            throw new InvalidDataException($"step {state.Step} is none of its {state.Options.Steps} steps.");
        }

        // It is read, and printed.
        if (state.Text.Length == 0 || state.Text.Any(char.IsControl))
        {
            throw new InvalidDataException("state.json has no name of a text.");
        }

        return state;
    }
}
