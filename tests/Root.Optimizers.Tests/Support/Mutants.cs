namespace Root.Optimizers.Tests.Support;

/// <summary>Damaged copies of a file: what disks, networks and editors do to one by accident.</summary>
public static class Mutants
{
    /// <summary>Copies damaged in one place each. The first half of the places is evenly spread over the file, so that no region is left
    /// out; the rest is anywhere.</summary>
    /// <param name="count">How many to make. Those equal to the original are left out.</param>
    public static IEnumerable<byte[]> Of(byte[] original, int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count)
            .Select(i => i < count / 2 ? (int)((long)i * original.Length / (count / 2)) : random.Next(original.Length))
            .Select(place => Damaged(original, place, random))
            .Where(mutant => !mutant.AsSpan().SequenceEqual(original));
    }

    // Half of them alter one byte or some few: with a checksum made to fit, those get furthest.
    private static byte[] Damaged(byte[] original, int place, Random random)
    {
        var length = Math.Min(1 << random.Next(7), original.Length - place);
        var (before, piece, after) = (original[..place], original[place..(place + length)], original[(place + length)..]);
        switch (random.Next(8))
        {
            case 0: return before;
            case 1: return [.. before, .. after];
            case 2: return [.. before, .. piece, .. piece, .. after];
            case 3: Array.Clear(piece); break;
            case 4: random.NextBytes(piece); break;
            default: piece[0] ^= (byte)(1 << random.Next(8)); break;
        }
        return [.. before, .. piece, .. after];
    }
}
