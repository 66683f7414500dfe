using System.Text.Json.Serialization;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>What is trained in a race: the same for all entries.</summary>
/// <param name="Device">cpu, cuda or cuda:N.</param>
/// <param name="Layers">Of CharGpt.</param>
/// <param name="Width">Likewise; heads are 32 wide.</param>
/// <param name="Noise">Whether a thousandth of the gradients' entries is multiplied by 100.</param>
internal sealed record RaceSetting(string Device, int Layers, int Width, bool Noise);

/// <summary>All that decides a run's loss.</summary>
internal sealed record RaceKey(RaceSetting Setting, string Entry, int Steps, double Rate, int Seed)
{
    public override string ToString() => FormattableString.Invariant($"{Entry} lr {Rate:g3} seed {Seed}, {Steps} steps");
}

/// <summary>A run that has ended; a line of the file of runs.</summary>
/// <param name="Key">What was run.</param>
/// <param name="Loss">Validation loss after the last step, of the averaged weights where the entry averages; null where it
/// diverged.</param>
/// <param name="SecondsPerStep">The median.</param>
/// <param name="Validation">Step and validation loss.</param>
/// <param name="Version">Of the program, with the commit.</param>
/// <param name="Machine">On which.</param>
/// <param name="AtOnce">How many runs shared it: where it was more than this one, its time says nothing.</param>
internal sealed record RaceRun(RaceKey Key, double? Loss, double? SecondsPerStep, IReadOnlyList<RacePoint> Validation, string Version,
    string Machine, int AtOnce = 1)
{
    /// <summary>Larger than any other where it diverged.</summary>
    [JsonIgnore]
    public double Score => Loss ?? double.PositiveInfinity;
}

/// <summary>A point of a curve.</summary>
internal sealed record RacePoint(int Step, double Loss);
