#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor index_select(long dim, Tensor index) => Aten.Call("index_select", this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Aten.Call("index_add", this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Aten.CallInPlace("index_add_", this, dim, index, source, alpha);
        public Tensor index_copy(long dim, Tensor index, Tensor source) =>
            Aten.Call("index_copy", this, dim, index, source);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Aten.CallInPlace("index_copy_", this, dim, index, source);
        public Tensor index_fill(long dim, Tensor index, Scalar value) =>
            Aten.Call("index_fill.int_Scalar", this, dim, index, value);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) =>
            Aten.CallInPlace("index_fill_.int_Scalar", this, dim, index, value);
        public Tensor take(Tensor index) => Aten.Call("take", this, index);
        public Tensor take_along_dim(Tensor indices) => Aten.Call("take_along_dim", this, indices);
        public Tensor take_along_dim(IEnumerable<long> indices) => take_along_dim(tensor(indices.ToArray()));
        public Tensor take_along_dim(Tensor indices, long dim) => Aten.Call("take_along_dim", this, indices, dim);
        public Tensor take_along_dim(IEnumerable<long> indices, long dim) =>
            take_along_dim(tensor(indices.ToArray()), dim);
        public Tensor gather(long dim, Tensor index) => Aten.Call("gather", this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Aten.Call("scatter.src", this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) =>
            Aten.CallInPlace("scatter_.src", this, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) =>
            Aten.Call("scatter_add", this, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) =>
            Aten.CallInPlace("scatter_add_", this, dim, index, src);
        public Tensor select_scatter(Tensor src, long dim, long index) =>
            Aten.Call("select_scatter", this, src, dim, index);
        public Tensor slice_scatter(Tensor src, long dim = 0, long? start = null, long? end = null, long step = 1) =>
            Aten.Call("slice_scatter", this, src, dim, start, end, step);
        public Tensor diagonal_scatter(Tensor src, long offset = 0, long dim1 = 0, long dim2 = 1) =>
            Aten.Call("diagonal_scatter", this, src, offset, dim1, dim2);
        public Tensor masked_fill(Tensor mask, Scalar value) => Aten.Call("masked_fill.Scalar", this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) =>
            Aten.CallInPlace("masked_fill_.Scalar", this, mask, value);
        public Tensor masked_scatter(Tensor mask, Tensor value) => Aten.Call("masked_scatter", this, mask, value);
        public Tensor masked_scatter_(Tensor mask, Tensor value) =>
            Aten.CallInPlace("masked_scatter_", this, mask, value);
        public Tensor masked_select(Tensor mask) => Aten.Call("masked_select", this, RequireBool(mask));
        public Tensor where(Tensor condition, Tensor y) => Aten.Call("where.self", RequireBool(condition), this, y);
        public Tensor argwhere() => Aten.Call("argwhere", this);
        public Tensor nonzero() => Aten.Call("nonzero", this);

        public IList<Tensor> nonzero_as_list()
        {
            var found = nonzero();
            return found.chunk(found.shape[1], dim: 1);
        }

        private static Tensor RequireBool(Tensor mask) => mask.dtype == ScalarType.Bool
            ? mask
            : throw new ArgumentException("A mask or condition has to be a tensor of booleans.");
    }
}
