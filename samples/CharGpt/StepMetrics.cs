namespace CharGpt;

/// <summary>What one step measured. Losses are nats per byte; seconds add up over the steps so far.</summary>
public sealed record StepMetrics(
    int Step, double LearningRate, double TrainLoss, double? ValLoss, double TokensPerSecond, double Seconds);
