using System.Runtime.CompilerServices;

namespace Root.Optimizers;

/// <summary>Checks of hyperparameters, with messages that name the parameter, its range and the value given.</summary>
internal static class Require
{
    public static void NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= 0) || !double.IsFinite(value)) throw Invalid(name, value, "a finite number, at least 0");
    }

    public static void Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value > 0) || !double.IsFinite(value)) throw Invalid(name, value, "a finite number above 0");
    }

    public static void UnitInterval(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= 0 && value < 1)) throw Invalid(name, value, "at least 0 and less than 1");
    }

    public static void Momentum(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        // Not below 1: TorchSharp 0.107's CyclicLR swings from max_momentum upwards, by default from 0.9 to 1.
        if (!(value >= 0 && value <= 1)) throw Invalid(name, value, "at least 0 and at most 1");
    }

    public static void AtLeast(long value, long least, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value < least) throw Invalid(name, value, $"at least {least}");
    }

    public static void Between(int value, int least, int most, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value < least || value > most) throw Invalid(name, value, $"from {least} to {most}");
    }

    public static void Defined<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "") where T : struct, Enum
    {
        if (!Enum.IsDefined(value)) throw Invalid(name, value, "one of " + string.Join(", ", Enum.GetNames<T>()));
    }

    /// <summary>A product of options that steps multiply tensors by.</summary>
    public static void Float32(double product, string name)
    {
        if (!float.IsFinite((float)product)) throw Invalid(name, product, "a finite number in float32");
    }

    public static ArgumentException Invalid(string name, object value, string range) =>
        new(FormattableString.Invariant($"{name} is {value}; it must be {range}."), name);
}
