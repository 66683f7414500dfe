namespace Root.Optimizers.Core.Routing;

/// <summary>What a parameter of the AdamW fallback is, as far as routing knows: learning rates may depend on it.</summary>
internal enum FallbackKind
{
    /// <summary>A matrix that is not known for an embedding or a head: by size it may be either, or the user sends it here.</summary>
    Other,

    /// <summary>Biases, norms, tokens: fewer than two dimensions, or vectors in matrices' clothes.</summary>
    Vector,

    /// <summary>By module type or name.</summary>
    Embedding,

    /// <summary>An output head, by name.</summary>
    Head,
}
