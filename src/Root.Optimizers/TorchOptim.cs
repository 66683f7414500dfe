namespace Root.Optimizers;

/// <summary>
/// Adds this library's optimizers to <c>torch.optim</c>, with their most used options as arguments; the constructors take all in
/// an Options object. From F#, which has no extension members of this kind, they are <c>TorchOptim.ROOT(...)</c> and so on.
/// </summary>
/// <remarks>
/// A member of TorchSharp's own goes before an extension: should TorchSharp come to have a <c>torch.optim.Muon</c>, calls would bind
/// to that one on the next compilation, without a word. Code that is to stay writes the constructor, <c>new Muon(...)</c>.
/// </remarks>
public static partial class TorchOptim;
