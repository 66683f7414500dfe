namespace Root.Optimizers;

/// <summary>
/// Adds this library's optimizers to <c>torch.optim</c>, with their most used options as arguments; the constructors take all in
/// an Options object. From F#, which has no extension members of this kind, they are <c>TorchOptim.ROOT(...)</c> and so on.
/// </summary>
public static partial class TorchOptim;
