#nullable enable
using System.Collections;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The lengths of a tensor's dimensions.</summary>
    public struct Size : IEnumerable<long>
    {
        private readonly long[] _shape;

        public Size(long[] shape) => _shape = (long[])shape.Clone();
        public Size(IEnumerable<long> shape) => _shape = shape.ToArray();
        public Size(int[] shape) => _shape = Array.ConvertAll(shape, n => (long)n);
        public Size(long size) => _shape = [size];
        public Size((long, long) size) => _shape = [size.Item1, size.Item2];
        public Size((long, long, long) size) => _shape = [size.Item1, size.Item2, size.Item3];
        public Size((long, long, long, long) size) => _shape = [size.Item1, size.Item2, size.Item3, size.Item4];
        public Size((long, long, long, long, long) size) =>
            _shape = [size.Item1, size.Item2, size.Item3, size.Item4, size.Item5];
        public Size((long, long, long, long, long, long) size) =>
            _shape = [size.Item1, size.Item2, size.Item3, size.Item4, size.Item5, size.Item6];
        public Size(int size) => _shape = [size];
        public Size((int, int) size) => _shape = [size.Item1, size.Item2];
        public Size((int, int, int) size) => _shape = [size.Item1, size.Item2, size.Item3];
        public Size((int, int, int, int) size) => _shape = [size.Item1, size.Item2, size.Item3, size.Item4];
        public Size((int, int, int, int, int) size) =>
            _shape = [size.Item1, size.Item2, size.Item3, size.Item4, size.Item5];
        public Size((int, int, int, int, int, int) size) =>
            _shape = [size.Item1, size.Item2, size.Item3, size.Item4, size.Item5, size.Item6];

        public static Size Empty = new(Array.Empty<long>());

        public static implicit operator Size(long size) => new(size);
        public static implicit operator Size((long, long) size) => new(size);
        public static implicit operator Size((long, long, long) size) => new(size);
        public static implicit operator Size((long, long, long, long) size) => new(size);
        public static implicit operator Size((long, long, long, long, long) size) => new(size);
        public static implicit operator Size((long, long, long, long, long, long) size) => new(size);
        public static implicit operator Size(long[] size) => new(size);

        public static bool operator ==(Size left, Size right) => left._shape.SequenceEqual(right._shape);
        public static bool operator !=(Size left, Size right) => !(left == right);
        public static Size operator +(Size left, Size right) => left + right._shape;
        public static Size operator +(Size left, IEnumerable<long> right) => new(left._shape.Concat(right));

        public long[] Shape => _shape;
        public int Length => _shape.Length;
        public bool IsEmpty => Length == 0;
        public bool IsScalar => IsEmpty;
        public long this[int idx] => _shape[idx];
        public long this[long idx] => _shape[idx];
        public long numel() => _shape.Aggregate(1L, (product, n) => product * n);
        public Size Slice(int first, int next) => new(_shape[first..next]);
        public IEnumerable<long> Take(int i) => _shape.Take(i);

        public IEnumerator<long> GetEnumerator() => _shape.AsEnumerable().GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override bool Equals(object? obj) => obj is Size other && this == other;
        public override int GetHashCode() => _shape.GetHashCode();
    }
}
