using System.Collections;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The memory under a tensor, from its first byte on: other tensors may share it.</summary>
    public abstract class Storage
    {
        protected Tensor _tensor;
        protected IntPtr _tensor_data_ptr;

        protected Storage()
        {
        }

        protected Storage(Tensor tensor)
        {
            _tensor = tensor;
            data_ptr();
        }

        internal static Storage<T> Create<T>(Tensor tensor) where T : unmanaged =>
            new(tensor.to_type(ToScalarType(typeof(T))));

        public unsafe IntPtr data_ptr()
        {
            long bytes;
            return _tensor_data_ptr != IntPtr.Zero
                ? _tensor_data_ptr
                : _tensor_data_ptr = Native.StorageData(_tensor.Handle, &bytes);
        }

        public unsafe ulong nbytes()
        {
            long bytes;
            Native.StorageData(_tensor.Handle, &bytes);
            return (ulong)bytes;
        }

        public abstract int element_size();

        public Storage<bool> @bool() => Create<bool>(_tensor);
        public Storage<byte> @byte() => Create<byte>(_tensor);
        public Storage<int> @int() => Create<int>(_tensor);
        public Storage<long> @long() => Create<long>(_tensor);
        public Storage<float> @float() => Create<float>(_tensor);
        public Storage<double> @double() => Create<double>(_tensor);
    }

    public sealed class Storage<T> : Storage, IDisposable, IEnumerable<T> where T : unmanaged
    {
        internal Storage(Tensor tensor) : base(tensor)
        {
        }

        private unsafe Span<T> Elements => new((void*)data_ptr(), Count);

        public unsafe int Count => (int)nbytes() / sizeof(T);
        public bool IsReadOnly => false;
        public Device device => _tensor.device;
        public override unsafe int element_size() => sizeof(T);

        public T this[int index]
        {
            get => Elements[index];
            set => Elements[index] = value;
        }

        public T[] ToArray() => Elements.ToArray();
        public IList<T> tolist() => ToArray();
        public void fill_(T value) => Elements.Fill(value);
        public bool Contains(T item) => IndexOf(item) >= 0;
        public int IndexOf(T item) => Array.IndexOf(ToArray(), item);
        public void copy_(IList<T> array) => CopyFrom(array, 0);

        public void CopyTo(IList<T> array, int arrayIndex)
        {
            var elements = Elements;
            for (var i = 0; i < Math.Min(elements.Length, array.Count - arrayIndex); i++)
                array[arrayIndex + i] = elements[i];
        }

        public void CopyFrom(IList<T> array, int arrayIndex)
        {
            var elements = Elements;
            for (var i = 0; i < Math.Min(elements.Length, array.Count - arrayIndex); i++)
                elements[i] = array[arrayIndex + i];
        }

        public Storage<T> cpu() => Create<T>(_tensor.cpu());
        public Storage<T> cuda(Device device = null) => Create<T>(_tensor.cuda(device));

        public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public void Dispose()
        {
            _tensor_data_ptr = IntPtr.Zero;
            _tensor = null;
        }
    }
}
