#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static Tensor index_select(Tensor input, long dim, Tensor index) => input.index_select(dim, index);
    public static Tensor index_add(Tensor input, long dim, Tensor index, Tensor source, Scalar alpha) =>
        input.index_add(dim, index, source, alpha);
    public static Tensor index_add_(Tensor input, long dim, Tensor index, Tensor source, Scalar alpha) =>
        input.index_add_(dim, index, source, alpha);
    public static Tensor index_copy(Tensor input, long dim, Tensor index, Tensor source) =>
        input.index_copy(dim, index, source);
    public static Tensor index_copy_(Tensor input, long dim, Tensor index, Tensor source) =>
        input.index_copy_(dim, index, source);
    public static Tensor index_fill(Tensor input, long dim, Tensor index, Scalar value) =>
        input.index_fill(dim, index, value);
    public static Tensor index_fill_(Tensor input, long dim, Tensor index, Scalar value) =>
        input.index_fill_(dim, index, value);
    public static Tensor take(Tensor input, Tensor index) => input.take(index);
    public static Tensor take_along_dim(Tensor input, Tensor indices, long dim = 0) =>
        input.take_along_dim(indices, dim);
    public static Tensor take_along_dim(Tensor input, IEnumerable<long> indices, long dim = 0) =>
        input.take_along_dim(indices, dim);
    public static Tensor gather(Tensor input, long dim, Tensor index) => input.gather(dim, index);
    public static Tensor gather(Tensor input, long dim, Tensor index, bool sparse_grad = false) =>
        input.gather(dim, index);
    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter(dim, index, src);
    public static Tensor scatter_(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_(dim, index, src);
    public static Tensor scatter_add(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_add(dim, index, src);
    public static Tensor scatter_add_(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_add_(dim, index, src);
    public static Tensor select_scatter(Tensor input, Tensor src, long dim, long index) =>
        input.select_scatter(src, dim, index);
    public static Tensor slice_scatter(Tensor input, Tensor src, long dim = 0, long? start = null,
        long? end = null, long step = 1) =>
        input.slice_scatter(src, dim, start, end, step);
    public static Tensor diagonal_scatter(Tensor input, Tensor src, long offset = 0, long dim1 = 0,
        long dim2 = 1) =>
        input.diagonal_scatter(src, offset, dim1, dim2);
    public static Tensor masked_select(Tensor input, Tensor mask) => input.masked_select(mask);
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => x.where(condition, y);
    public static Tensor[] where(Tensor condition) => condition.dtype == ScalarType.Bool
        ? Aten.CallMany("where", condition)
        : throw new ArgumentException("The condition has to be a tensor of booleans.");
    public static Tensor argwhere(Tensor input) => input.argwhere();
    public static Tensor nonzero(Tensor input) => input.nonzero();
    public static Tensor clone(Tensor input) => input.clone();
    public static long numel(Tensor input) => input.numel();
    public static bool is_tensor(object obj) => obj is Tensor;
    public static bool is_complex(Tensor input) => is_complex(input.dtype);
    public static bool is_floating_point(Tensor input) => is_floating_point(input.dtype);
}
