#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Utils.TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            return new Utils.TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        public T item<T>() where T : unmanaged => NumberOfElements == 1
            ? data<T>()[0]
            : throw new ArgumentException("Only a tensor with one element has an item.");

        internal void ValidateType(Type dotnetType)
        {
            if (dotnetType != DotnetType(dtype))
                throw new ArgumentException($"{dotnetType.Name} is not compatible with {dtype}");
        }

        public unsafe Span<byte> bytes
        {
            get
            {
                RequireReadable();
                return new Span<byte>((void*)DataPointer(), ByteCount());
            }
            set
            {
                if (!is_contiguous()) throw new InvalidOperationException("The tensor is not contiguous.");
                if (numel() * ElementSize != value.Length)
                    throw new ArgumentException("There are not as many bytes as the tensor has.");
                value.CopyTo(new Span<byte>((void*)DataPointer(), value.Length));
            }
        }

        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            RequireReadable();
            var left = numel() * ElementSize;
            for (var next = (byte*)DataPointer(); left > 0;)
            {
                var count = (int)Math.Min(left, Math.Max(bufferSize, 1 << 20));
                stream.Write(new ReadOnlySpan<byte>(next, count));
                next += count;
                left -= count;
            }
        }

        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            RequireReadable();
            var left = numel() * ElementSize;
            for (var next = (byte*)DataPointer(); left > 0;)
            {
                var count = stream.Read(new Span<byte>(next, (int)Math.Min(left, Math.Max(bufferSize, 1 << 20))));
                if (count == 0) throw new EndOfStreamException();
                next += count;
                left -= count;
            }
        }

        /// <summary>The first element's address; an empty tensor has none.</summary>
        internal IntPtr DataPointer()
        {
            var address = Native.Data(Handle);
            return address == IntPtr.Zero && numel() > 0 ? Native.Check(address) : address;
        }

        private int ByteCount()
        {
            var count = numel() * ElementSize;
            return count <= int.MaxValue ? (int)count : throw new ArgumentException("A span holds at most 2 GB.");
        }

        private void RequireReadable()
        {
            if (!is_contiguous()) throw new InvalidOperationException("The tensor is not contiguous.");
            if (device_type != DeviceType.CPU)
                throw new InvalidOperationException("Only a tensor on the CPU can be read or written directly.");
        }

        public Storage<T> storage<T>() where T : unmanaged => Storage.Create<T>(this);

        public object tolist()
        {
            if (ndim == 0) return ToScalar();
            var items = new System.Collections.ArrayList();
            for (long i = 0; i < shape[0]; i++) items.Add(this[i].tolist());
            return items;
        }

        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);
        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);
        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);
        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);
        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);
        public sbyte ReadCpuSByte(long i) => ReadCpuValue<sbyte>(i);
        public short ReadCpuInt16(long i) => ReadCpuValue<short>(i);
        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);
        public T ReadCpuValue<T>(long i) where T : unmanaged => Utils.TensorAccessor<T>.ReadItemAt(this, i);

        public static Tensor Load(BinaryReader reader) => TensorExtensionMethods.Load(reader);

        public static Tensor Load(Stream stream)
        {
            using var reader = new BinaryReader(stream);
            return Load(reader);
        }

        public static Tensor Load(string location)
        {
            if (!File.Exists(location)) throw new FileNotFoundException(location);
            using var stream = File.OpenRead(location);
            return Load(stream);
        }
    }
}
