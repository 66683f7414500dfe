#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public long Dimensions => Native.Dim(Handle);
        public long dim() => Dimensions;
        public long ndim => Dimensions;

        public long NumberOfElements => Native.Numel(Handle);
        public long numel() => NumberOfElements;

        public long ElementSize => Native.ElementSize(Handle);
        public long element_size() => ElementSize;

        public long[] shape => Lengths(Native.Sizes(Handle));
        public long[] size() => shape;
        public unsafe long size(int dim)
        {
            var count = Dimensions;
            var index = dim < 0 ? dim + count : dim;
            // Out of range is for libtorch to explain.
            return index >= 0 && index < count
                ? ((long*)Native.Sizes(Handle))[index]
                : Aten.CallLong("size.int", this, dim);
        }

        public long[] stride() => Lengths(ndim == 0 ? IntPtr.Zero : Native.Check(Native.Strides(Handle)));
        public long stride(int dim) => Aten.CallLong("stride.int", this, dim);
        public long storage_offset() => Native.StorageOffset(Handle);

        private unsafe long[] Lengths(IntPtr first) => new ReadOnlySpan<long>((void*)first, (int)Dimensions).ToArray();

        public ScalarType dtype => (ScalarType)Native.Dtype(Handle);
        public DeviceType device_type => (DeviceType)Native.DeviceType(Handle);
        public int device_index => Native.DeviceIndex(Handle);
        public Device device => device_type == DeviceType.CPU
            ? new Device(DeviceType.CPU)
            : new Device(device_type, device_index);

        public bool is_cpu() => device_type == DeviceType.CPU;
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_meta => device_type == DeviceType.META;
        public bool is_sparse => Native.IsSparse(Handle) != 0;
        public bool is_contiguous() => Native.IsContiguous(Handle) != 0;
        public bool is_integral() => torch.is_integral(dtype);
        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_complex() => torch.is_complex(dtype);
        public bool is_conj() => Aten.CallBool("is_conj", this);
        public bool is_neg() => Aten.CallBool("is_neg", this);
        public bool is_pinned() => Aten.CallBool("is_pinned", this);

        public bool is_nonzero() => numel() == 1
            ? Aten.CallBool("is_nonzero", this)
            : throw new InvalidOperationException("Only a tensor with one element is zero or not.");

        public Tensor real => Aten.Call("real", this);
        public Tensor imag => Aten.Call("imag", this);
        public Tensor SparseIndices => Aten.Call("_indices", this);
        public Tensor SparseValues => Aten.Call("_values", this);

        public override string ToString() => $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";
    }
}
