namespace CharGpt;

/// <summary>The shape of the model.</summary>
public sealed record GptOptions
{
    /// <summary>Tokens are bytes.</summary>
    public const int Vocabulary = 256;

    /// <summary>Number of transformer blocks.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; init; } = 192;

    /// <summary>Attention heads; they divide the width.</summary>
    public int Heads { get; init; } = 6;

    /// <summary>The longest sequence, in bytes.</summary>
    public int Context { get; init; } = 128;

    /// <summary>Whether the output head is the token embedding.</summary>
    public bool Tied { get; init; }
}
