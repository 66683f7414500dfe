#nullable enable
using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public struct TensorIndex
    {
        internal enum Kind { None, Single, Null, Ellipsis, Bool, Tensor, Slice }

        internal Kind kind;
        internal long? start;
        internal long? stop;
        internal long? step;
        internal Tensor? tensor;

        public static TensorIndex Ellipsis = new() { kind = Kind.Ellipsis };
        public static TensorIndex None = new() { kind = Kind.None };
        public static TensorIndex Null = new() { kind = Kind.Null };
        public static TensorIndex Colon = Slice();

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { kind = Kind.Slice, start = start, stop = stop, step = step };

        public static TensorIndex Slice((int? start, int? end) range) => Slice((long?)range.start, (long?)range.end);

        public static TensorIndex Slice(Range range) =>
            Slice(FromEnd(range.Start), range.End.Equals(Index.End) ? null : FromEnd(range.End));

        public static TensorIndex Bool(bool value) => new() { kind = Kind.Bool, start = value ? 1 : 0 };
        public static TensorIndex Single(long? index) => new() { kind = Kind.Single, start = index };
        public static TensorIndex Tensor(Tensor tensor) => new() { kind = Kind.Tensor, tensor = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex(Index index) => Single(FromEnd(index));
        public static implicit operator TensorIndex(Range range) => Slice(range);
        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        // Keeps an index from being taken for a tensor, as in TorchSharp.
        public static implicit operator Tensor(TensorIndex value) =>
            throw new InvalidOperationException("An index is not a tensor.");

        private static long FromEnd(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }

    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => Pick(indices);
            set => PickPut(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => Pick(i1);
            set => PickPut(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => Pick(i1, i2);
            set => PickPut(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => Pick(i1, i2, i3);
            set => PickPut(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => Pick(i1, i2, i3, i4);
            set => PickPut(value, i1, i2, i3, i4);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => Pick(i1, i2, i3, i4, i5);
            set => PickPut(value, i1, i2, i3, i4, i5);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => Pick(i1, i2, i3, i4, i5, i6);
            set => PickPut(value, i1, i2, i3, i4, i5, i6);
        }

        private unsafe Tensor Pick(params ReadOnlySpan<long> places)
        {
            fixed (long* first = places) return new Tensor(Native.Check(Native.Pick(Handle, first, places.Length)));
        }

        private unsafe void PickPut(Tensor value, params ReadOnlySpan<long> places)
        {
            fixed (long* first = places) Native.Check(Native.PickPut(Handle, first, places.Length, value.Handle));
            GC.KeepAlive(value);
        }

        public Tensor index(params Tensor[] indices) => index(Indices(indices));

        public unsafe Tensor index(params TensorIndex[] indices)
        {
            fixed (NativeIndex* first = Encode(indices))
            {
                var found = Native.Index(Handle, first, indices.Length);
                GC.KeepAlive(indices);
                return new Tensor(Native.Check(found));
            }
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, Indices(indices));

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            index_put_(value, Indices(indices), accumulate);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => IndexPut(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false) =>
            accumulate && !indices.All(i => i.kind == TensorIndex.Kind.Tensor)
                ? throw new Exception("Only what tensors of indices point at can be accumulated.")
                : IndexPut(value, indices, accumulate);

        public Tensor index_put_(Scalar value, params Tensor[] indices) => index_put_(value, Indices(indices));

        public Tensor index_put_(Scalar value, params TensorIndex[] indices) => IndexPut(value, indices, false);

        private unsafe Tensor IndexPut(Arg value, TensorIndex[] indices, bool accumulate)
        {
            NativeValue native;
            var scratch = stackalloc long[2];
            value.Write(&native, ref scratch);
            fixed (NativeIndex* first = Encode(indices))
                Native.Check(Native.IndexPut(Handle, first, indices.Length, &native, accumulate ? 1 : 0));
            GC.KeepAlive(indices);
            value.KeepAlive();
            return this;
        }

        private static TensorIndex[] Indices(Tensor[] tensors) => Array.ConvertAll(tensors, TensorIndex.Tensor);

        private static NativeIndex[] Encode(TensorIndex[] indices) => Array.ConvertAll(indices, i => new NativeIndex
        {
            Kind = (int)i.kind,
            Given = (i.start.HasValue ? 1 : 0) | (i.stop.HasValue ? 2 : 0) | (i.step.HasValue ? 4 : 0),
            Start = i.start ?? 0,
            Stop = i.stop ?? 0,
            Step = i.step ?? 0,
            Tensor = i.tensor is null ? IntPtr.Zero : i.tensor.Handle,
        });
    }
}

/// <summary>One place of an index as the shim lays it out.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
internal struct NativeIndex
{
    internal int Kind;
    internal int Given;
    internal long Start;
    internal long Stop;
    internal long Step;
    internal IntPtr Tensor;
}
