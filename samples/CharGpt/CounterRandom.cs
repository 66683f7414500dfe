namespace CharGpt;

/// <summary>
/// Random numbers by index: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) with the counter given instead of kept.
/// </summary>
public readonly struct CounterRandom(int seed)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private readonly ulong key = Mix((ulong)seed + Increment);

    public ulong this[ulong index] => Mix(key + (index + 1) * Increment);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
