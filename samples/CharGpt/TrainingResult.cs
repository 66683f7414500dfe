namespace CharGpt;

/// <summary>How a finished run ended. The losses are means over evenly spaced sequences, in nats per byte.</summary>
public sealed record TrainingResult(
    string Optimizer, int Steps, double TrainLoss, double ValLoss, double TokensPerS, int Seed);
