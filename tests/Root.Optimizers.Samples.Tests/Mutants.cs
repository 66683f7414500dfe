namespace Root.Optimizers.Samples.Tests;

/// <summary>Damaged copies of a file: what disks, networks and editors do to one, and what somebody may.</summary>
internal static class Mutants
{
    /// <summary>How many to make: the given number, or with ROOT_LONG=1 the larger one.</summary>
    public static int Count(int usually, int atLength) =>
        Environment.GetEnvironmentVariable("ROOT_LONG") == "1" ? atLength : usually;

    /// <summary>The first half of them at places evenly spread over the file, so that no region is left out; the rest anywhere.</summary>
    public static IEnumerable<byte[]> Of(byte[] original, int count, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var place = i < count / 2
                ? (int)((long)i * original.Length * 2 / count)
                : random.Next(original.Length);
            var mutant = Mutate(original, place, random);
            if (!mutant.AsSpan().SequenceEqual(original))
            {
                yield return mutant;
            }
        }
    }

    private static byte[] Mutate(byte[] original, int place, Random random)
    {
        var (before, after) = (original[..place], original[place..]);
        var copy = (byte[])original.Clone();
        switch (random.Next(8))
        {
            case 0: // cut
                return before;
            case 1: // a piece lost
                return [.. before, .. after[Math.Min(after.Length, 1 + random.Next(64))..]];
            case 2: // a piece twice
                return [.. before, .. after[..Math.Min(after.Length, 1 + random.Next(64))], .. after];
            case 3: // a piece of zeros
                copy.AsSpan(place, Math.Min(after.Length, 1 + random.Next(64))).Clear();
                return copy;
            case 4: // something else
                random.NextBytes(copy.AsSpan(place, Math.Min(after.Length, 1 + random.Next(8))));
                return copy;
            default: // a bit
                copy[place] ^= (byte)(1 << random.Next(8));
                return copy;
        }
    }
}
