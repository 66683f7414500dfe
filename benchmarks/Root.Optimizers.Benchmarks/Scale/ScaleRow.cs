using System.Text.Json.Serialization;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>How ranks share an optimizer out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Sharing>))]
internal enum Sharing
{
    /// <summary>Each does all.</summary>
    Replicated,

    /// <summary>Each its part, on gradients that all have.</summary>
    Owned,

    /// <summary>Each its part, on gradients that it alone gets.</summary>
    OwnedGradients,
}

/// <summary>The seconds of a step's parts.</summary>
/// <param name="Training">Forward and backward.</param>
/// <param name="Reduce">Averaging gradients.</param>
/// <param name="Update">What a rank does by itself: orthogonalization, and what goes with it.</param>
/// <param name="Gather">Of what others have stepped.</param>
internal readonly record struct ScaleSeconds(double Training, double Reduce, double Update, double Gather)
{
    /// <summary>The optimizer's.</summary>
    public double Step => Update + Gather;

    public double Total => Training + Reduce + Step;
}

/// <summary>What sharing leaves of the replicated optimizer on as many ranks.</summary>
/// <param name="Step">Of its step's seconds.</param>
/// <param name="State">Of its state's bytes.</param>
internal readonly record struct ScaleShare(double Step, double State);

/// <summary>A line of the result: medians over the rounds, of an optimizer on some ranks. Where nothing else is said the slowest rank
/// counts.</summary>
/// <param name="Ranks">How many.</param>
/// <param name="Optimizer">As CharGpt calls it.</param>
/// <param name="Sharing">How the ranks share it out.</param>
/// <param name="Scaling">Strong: the ranks share one rank's batch; weak: each has as much.</param>
/// <param name="Tokens">Of a step, of all ranks.</param>
/// <param name="StepAndAll">Seconds of a training step.</param>
/// <param name="Step">Seconds of the optimizer's step, in which ranks also wait for each other.</param>
/// <param name="Seconds">Of the parts.</param>
/// <param name="UpdateMean">Of the mean rank.</param>
/// <param name="BytesSent">By a rank for a step, counted as a ring sends them.</param>
/// <param name="StateBytes">Of the rank that has the most.</param>
/// <param name="Predicted">The model's, from the step on one rank; null where none was measured.</param>
/// <param name="OfReplicated">Null where it is not shared.</param>
internal sealed record ScaleRow(int Ranks, string Optimizer, Sharing Sharing, string Scaling, long Tokens, double StepAndAll,
    double Step, ScaleSeconds Seconds, double UpdateMean, double BytesSent, double StateBytes, ScaleSeconds? Predicted = null,
    ScaleShare? OfReplicated = null)
{
    public double TokensPerSecond => Tokens / StepAndAll;
}
