#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Aten.Call("view", this, shape);
        public Tensor view_as(Tensor other) => view(other.shape);
        public Tensor view_as_real() => Aten.Call("view_as_real", this);
        public Tensor view_as_complex() => Aten.Call("view_as_complex", this);
        public Tensor reshape(params long[] shape) => Aten.Call("reshape", this, shape);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) =>
            Aten.Call("flatten.using_ints", this, start_dim, end_dim);
        public Tensor ravel() => Aten.Call("ravel", this);
        public Tensor unflatten(long dim, params long[] sizes) => Aten.Call("unflatten.int", this, dim, sizes);
        public Tensor unflatten(long dim, Size sizes) => unflatten(dim, sizes.Shape);
        public Tensor squeeze(long? dim = null) =>
            dim is null ? Aten.Call("squeeze", this) : Aten.Call("squeeze.dim", this, dim);
        public Tensor squeeze_(long? dim = null) =>
            dim is null ? Aten.CallInPlace("squeeze_", this) : Aten.CallInPlace("squeeze_.dim", this, dim);
        public Tensor unsqueeze(long dim) => Aten.Call("unsqueeze", this, dim);
        public Tensor unsqueeze_(long dim) => Aten.CallInPlace("unsqueeze_", this, dim);
        public Tensor transpose(long dim0, long dim1) => Aten.Call("transpose.int", this, dim0, dim1);
        public Tensor transpose_(long dim0, long dim1) => Aten.CallInPlace("transpose_", this, dim0, dim1);
        public Tensor t() => Aten.Call("t", this);
        public Tensor adjoint() => Aten.Call("adjoint", this);
        public Tensor permute(params long[] permutation) => Aten.Call("permute", this, permutation);
        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());
        public Tensor movedim(long[] source, long[] destination) =>
            Aten.Call("movedim.intlist", this, source, destination);
        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);
        public Tensor swapdims(long dim0, long dim1) => transpose(dim0, dim1);
        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) =>
            expand(sizes.ToArray(), isImplicit);
        public Tensor expand(Size sizes, bool isImplicit = false) => expand(sizes.Shape, isImplicit);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Aten.Call("expand", this, sizes, isImplicit);
        public Tensor expand(params long[] sizes) => Aten.Call("expand", this, sizes);
        public Tensor expand_as(Tensor other) => expand(other.shape);
        public Tensor broadcast_to(params long[] shape) => Aten.Call("broadcast_to", this, shape);
        public Tensor repeat(params long[] sizes) => Aten.Call("repeat", this, sizes);
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Aten.Call("repeat_interleave.self_Tensor", this, repeats, dim, output_size);
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Aten.Call("repeat_interleave.self_int", this, repeats, dim, output_size);
        public Tensor tile(long[] reps) => Aten.Call("tile", this, reps);
        public Tensor contiguous() => Aten.Call("contiguous", this);
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) =>
            Aten.Call("as_strided", this, size, strides, storageOffset);
        public Tensor unfold(long dimension, long size, long step) =>
            Aten.Call("unfold", this, dimension, size, step);
        public Tensor atleast_1d() => Aten.Call("atleast_1d", this);
        public Tensor atleast_2d() => Aten.Call("atleast_2d", this);
        public Tensor atleast_3d() => Aten.Call("atleast_3d", this);

        public Tensor narrow(long dim, long start, long length) => Aten.Call("narrow", this, dim, start, length);
        public Tensor select(long dim, long index) => Aten.Call("select.int", this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) =>
            Aten.Call("slice.Tensor", this, dim, start, finish, step);
        public Tensor[] split(long size, int dim = 0) => Aten.CallMany("split.Tensor", this, size, dim);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => split(sizes.ToArray(), dim);
        public Tensor[] split(long[] sizes, long dim = 0) => Aten.CallMany("split_with_sizes", this, sizes, dim);
        public Tensor[] split(params long[] sizes) => split(sizes, 0L);
        public Tensor[] tensor_split(long size, long dim = 0) =>
            Aten.CallMany("tensor_split.sections", this, size, dim);
        public Tensor[] tensor_split(long[] sizes, long dim = 0) =>
            Aten.CallMany("tensor_split.indices", this, sizes, dim);
        public Tensor[] tensor_split(Tensor indices, long dim = 0) =>
            Aten.CallMany("tensor_split.tensor_indices_or_sections", this, indices, dim);
        public Tensor[] chunk(long chunks, long dim = 0) => Aten.CallMany("chunk", this, chunks, dim);
        public Tensor[] unbind(long dimension = 0) => Aten.CallMany("unbind.int", this, dimension);
        public Tensor[] vsplit(long size) => Aten.CallMany("vsplit.int", this, size);
        public Tensor[] vsplit(params long[] sizes) => Aten.CallMany("vsplit.array", this, sizes);
        public Tensor[] vsplit(Tensor indices) => tensor_split(indices, 0);
        public Tensor[] hsplit(long size) => Aten.CallMany("hsplit.int", this, size);
        public Tensor[] hsplit(params long[] sizes) => Aten.CallMany("hsplit.array", this, sizes);
        public Tensor[] hsplit(Tensor indices) => tensor_split(indices, 1);
        public Tensor flip(params long[] dims) => Aten.Call("flip", this, dims);
        public Tensor fliplr() => Aten.Call("fliplr", this);
        public Tensor flipud() => Aten.Call("flipud", this);
        public Tensor roll(long shifts, long? dims = null) => Aten.Call("roll", this, shifts, dims ?? Arg.None);
        public Tensor roll((long, long) shifts, (long, long) dims) =>
            roll(new[] { shifts.Item1, shifts.Item2 }, new[] { dims.Item1, dims.Item2 });
        public Tensor roll(long[] shifts, long[] dims) => Aten.Call("roll", this, shifts, dims);
        public Tensor roll(long[] shifts) => roll(shifts, new[] { 0L });
        public Tensor roll((long, long, long) shifts, (long, long, long) dims) => roll(
            new[] { shifts.Item1, shifts.Item2, shifts.Item3 }, new[] { dims.Item1, dims.Item2, dims.Item3 });
        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) =>
            roll(shifts.ToArray(), dims.ToArray());
        public Tensor rot90(long k = 1, (long, long)? dims = null) =>
            Aten.Call("rot90", this, k, dims is var (first, second) ? new[] { first, second } : new[] { 0L, 1L });
        public Tensor diag(long diagonal = 0) => Aten.Call("diag", this, diagonal);
        public Tensor diag_embed(long offset = 0, long dim1 = -2, long dim2 = -1) =>
            Aten.Call("diag_embed", this, offset, dim1, dim2);
        public Tensor diagflat(long offset = 0) => Aten.Call("diagflat", this, offset);
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) =>
            Aten.Call("diagonal", this, offset, dim1, dim2);
        public Tensor tril(long diagonal = 0) => Aten.Call("tril", this, diagonal);
        public Tensor tril_(long diagonal = 0) => Aten.Call("tril_", this, diagonal);
        public Tensor triu(long diagonal = 0) => Aten.Call("triu", this, diagonal);
        public Tensor triu_(long diagonal = 0) => Aten.Call("triu_", this, diagonal);

        public Tensor T => permute(Enumerable.Range(0, (int)ndim).Reverse().Select(d => (long)d));
        public Tensor H => is_complex() ? transpose(0, 1).conj() : transpose(0, 1);
        public Tensor mT => Aten.Call("mT", this);
        public Tensor mH => Aten.Call("mH", this);
    }
}
