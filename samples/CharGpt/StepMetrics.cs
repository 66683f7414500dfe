namespace CharGpt;

/// <summary>What one step measured. Losses are nats per byte; validation loss and largest attention logit are those of an evaluation;
/// seconds add up over the steps so far.</summary>
public sealed record StepMetrics(
    int Step, double LearningRate, double TrainLoss, double? ValLoss, double? MaxLogit, double TokensPerSecond, double Seconds);
