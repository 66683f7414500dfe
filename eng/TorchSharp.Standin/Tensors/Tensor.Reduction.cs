#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Aten.Call("sum", this, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("sum.dim_IntList", this, dim, keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            sum(dim.ToArray(), keepdim, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("sum.dim_IntList", this, dim, keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) =>
            sum([dim0, dim1], keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) =>
            sum([dim0, dim1, dim2], keepdim, type);
        public Tensor mean() => Aten.Call("mean", this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("mean.dim", this, dimensions, keepdim, type);
        public Tensor prod(ScalarType? type = null) => Aten.Call("prod", this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("prod.dim_int", this, dim, keepdim, type);
        public Tensor std(bool unbiased = true) => Aten.Call("std", this, unbiased);
        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            std(dimensions.ToArray(), unbiased, keepdim);
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("std.dim", this, dimensions, unbiased, keepdim);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("std.dim", this, dim, unbiased, keepdim);
        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim.Item1, dim.Item2], unbiased, keepdim);
        public Tensor std((long, long, long) dim, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            std([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim);
        public Tensor var(bool unbiased = true) => Aten.Call("var", this, unbiased);
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            var(dimensions.ToArray(), unbiased, keepdim);
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("var.dim", this, dimensions, unbiased, keepdim);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Aten.Call("var.dim", this, dim, unbiased, keepdim);
        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim.Item1, dim.Item2], unbiased, keepdim);
        public Tensor var((long, long, long) dim, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            var([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim);
        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => Aten.CallTwo("std_mean", this, unbiased);
        public (Tensor std, Tensor mean) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            Aten.CallTwo("std_mean.dim", this, dimensions, unbiased, keepdim);
        public (Tensor std, Tensor mean) std_mean(ReadOnlySpan<long> dimensions, bool unbiased = true,
            bool keepdim = false, ScalarType? type = null) =>
            std_mean(dimensions.ToArray(), unbiased, keepdim);
        public (Tensor std, Tensor mean) std_mean(long dim, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            Aten.CallTwo("std_mean.dim", this, dim, unbiased, keepdim);
        public (Tensor std, Tensor mean) std_mean((long, long) dim, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            std_mean([dim.Item1, dim.Item2], unbiased, keepdim);
        public (Tensor std, Tensor mean) std_mean((long, long, long) dim, bool unbiased = true,
            bool keepdim = false, ScalarType? type = null) =>
            std_mean([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim);
        public (Tensor var, Tensor mean) var_mean(bool unbiased = true) => Aten.CallTwo("var_mean", this, unbiased);
        public (Tensor std, Tensor mean) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            Aten.CallTwo("var_mean.dim", this, dimensions, unbiased, keepdim);
        public (Tensor std, Tensor mean) var_mean(ReadOnlySpan<long> dimensions, bool unbiased = true,
            bool keepdim = false, ScalarType? type = null) =>
            var_mean(dimensions.ToArray(), unbiased, keepdim);
        public (Tensor var, Tensor mean) var_mean(long dim, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            Aten.CallTwo("var_mean.dim", this, dim, unbiased, keepdim);
        public (Tensor var, Tensor mean) var_mean((long, long) dim, bool unbiased = true, bool keepdim = false,
            ScalarType? type = null) =>
            var_mean([dim.Item1, dim.Item2], unbiased, keepdim);
        public (Tensor var, Tensor mean) var_mean((long, long, long) dim, bool unbiased = true,
            bool keepdim = false, ScalarType? type = null) =>
            var_mean([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim);
        public Tensor norm(float p = 2f) => Aten.Call("norm.Scalar", this, p);
        public Tensor norm(int dim, bool keepdim = false, float p = 2f) =>
            Aten.Call("norm.ScalarOpt_dim", this, p, dim, keepdim);
        public Tensor dist(Tensor other, float p = 2f) => Aten.Call("dist", this, other, p);
        public Tensor median() => Aten.Call("median", this);
        public Tensor nanmedian() => Aten.Call("nanmedian", this);
        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) =>
            Aten.Call("nanmean", this, dim ?? -1, keepdim, dtype ?? this.dtype);
        public Tensor nansum() => Aten.Call("nansum", this);
        public (Tensor values, Tensor indices) mode(long dim = -1, bool keepdim = false) =>
            Aten.CallTwo("mode", this, dim, keepdim);
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) =>
            Aten.Call("quantile", this, q, dim == -1 ? Arg.None : dim, keepdim);
        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) =>
            Aten.Call("nanquantile", this, q, dim == -1 ? Arg.None : dim, keepdim);
        public Tensor logsumexp(long dim, bool keepdim = false) => Aten.Call("logsumexp", this, dim, keepdim);
        public Tensor all() => Aten.Call("all", this);
        public Tensor all(long dim, bool keepdim = false) => Aten.Call("all.dim", this, dim, keepdim);
        public Tensor any() => Aten.Call("any", this);
        public Tensor any(long dim, bool keepdim = false) => Aten.Call("any.dim", this, dim, keepdim);
        public Tensor count_nonzero(long[]? dims = null) => Aten.Call("count_nonzero.dim_IntList", this, dims ?? []);
        public Tensor histc(long bins = 100, long min = 0, long max = 0) => Aten.Call("histc", this, bins, min, max);
        public Tensor bincount(Tensor? weights, long minlength = 0) =>
            Aten.Call("bincount", this, weights, minlength);
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true,
            bool return_inverse = false, bool return_counts = false, int? dim = null) =>
            Unique(return_inverse, return_counts, dim is null
                ? Aten.CallMany("_unique2", this, sorted, return_inverse, return_counts)
                : Aten.CallMany("unique_dim", this, dim, sorted, return_inverse, return_counts));
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(
            bool return_inverse = false, bool return_counts = false, int? dim = null) =>
            Unique(return_inverse, return_counts,
                Aten.CallMany("unique_consecutive", this, return_inverse, return_counts, dim));

        public Tensor max() => Aten.Call("max", this);
        public Tensor max(Tensor other) => maximum(other);
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) =>
            Aten.CallTwo("max.dim", this, dim, keepdim);
        public Tensor min() => Aten.Call("min", this);
        public Tensor min(Tensor other) => minimum(other);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) =>
            Aten.CallTwo("min.dim", this, dim, keepdim);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            amax((ReadOnlySpan<long>)dims, keepdim, @out);
        public Tensor amax(params long[] dims) => amax(dims, false);
        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            Into(@out, "amax", dims.ToArray(), keepdim);
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            Into(@out, "amin", dims.ToArray(), keepdim);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            amin((ReadOnlySpan<long>)dims, keepdim, @out);
        public Tensor amin(params long[] dims) => amin(dims, false);
        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) =>
            Aten.CallTwo("aminmax", this, dim == -1 ? null : dim, keepdim);
        public Tensor argmax() => Aten.Call("argmax", this);
        public Tensor argmax(long dim, bool keepdim = false) => Aten.Call("argmax", this, dim, keepdim);
        public Tensor argmin() => Aten.Call("argmin", this);
        public Tensor argmin(long dim, bool keepdim = false) => Aten.Call("argmin", this, dim, keepdim);

        private Tensor Into(Tensor? @out, string op, long[] dims, bool keepdim) => @out is null
            ? Aten.Call(op, this, dims, keepdim)
            : Aten.Call(op + ".out", this, dims, keepdim, @out);

        // libtorch always gives three tensors, and TorchSharp only those that were asked for.
        private static (Tensor, Tensor?, Tensor?) Unique(bool inverse, bool counts, Tensor[] found)
        {
            if (!inverse) found[1].Dispose();
            if (!counts) found[2].Dispose();
            return (found[0], inverse ? found[1] : null, counts ? found[2] : null);
        }
    }
}
