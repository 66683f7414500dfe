#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor bernoulli(Generator? generator = null) => Aten.Call("bernoulli", this, generator);
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) =>
            Aten.CallInPlace("bernoulli_.float", this, p, generator);
        public Tensor bernoulli_(Tensor p, Generator? generator = null) =>
            Aten.CallInPlace("bernoulli_.Tensor", this, p, generator);
        public Tensor binomial(Tensor prob, Generator? generator = null) =>
            Aten.Call("binomial", this, prob, generator);
        public Tensor cauchy_(double median = 0.0, double sigma = 1.0, Generator? generator = null) =>
            Aten.CallInPlace("cauchy_", this, median, sigma, generator);
        public Tensor exponential_(double lambda = 1.0, Generator? generator = null) =>
            Aten.CallInPlace("exponential_", this, lambda, generator);
        public Tensor geometric_(double p, Generator? generator = null) =>
            Aten.CallInPlace("geometric_", this, p, generator);
        public Tensor log_normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Aten.CallInPlace("log_normal_", this, mean, std, generator);
        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Aten.CallInPlace("normal_", this, mean, std, generator);
        public Tensor random_(double from, double to, Generator? generator = null) =>
            Aten.CallInPlace("random_.from", this, (long)from, (long)to, generator);
        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            Aten.CallInPlace("uniform_", this, from, to, generator);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Aten.Call("multinomial", this, num_samples, replacement, generator);
        public Tensor poisson(Generator? generator = null) => Aten.Call("poisson", this, generator);
        public Tensor fill_(Scalar value) => Aten.CallInPlace("fill_.Scalar", this, value);
        public Tensor zero_() => zeros(shape);
        public Tensor copy_(Tensor source, bool nonBlocking = false) =>
            Aten.CallInPlace("copy_", this, source, nonBlocking);
        public Tensor set_(Tensor source) => Aten.CallInPlace("set_.source_Tensor", this, source);

        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like("zeros_like", dtype, device, requires_grad);
        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like("ones_like", dtype, device, requires_grad);
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like("empty_like", dtype, device, requires_grad);
        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like("rand_like", dtype, device, requires_grad);
        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like("randn_like", dtype, device, requires_grad);
        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Aten.Call("full_like", this, value, dtype ?? this.dtype, Arg.None, device ?? this.device)
            .requires_grad_(requires_grad);
        public Tensor randint_like(long low, long high, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Aten.Call("randint_like.low_dtype", this, low, high, dtype ?? this.dtype, Arg.None, device ?? this.device)
            .requires_grad_(requires_grad);

        public Tensor new_zeros(long[] size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.zeros(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.zeros(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_zeros(long size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.zeros(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.zeros(rows, columns, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.zeros(dim0, dim1, dim2, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.zeros(dim0, dim1, dim2, dim3, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_ones(long size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.ones(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_ones(long rows, long columns, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.ones(rows, columns, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.ones(dim0, dim1, dim2, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.ones(dim0, dim1, dim2, dim3, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_empty(long[] size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.empty(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.empty(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_empty(long size, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.empty(size, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_empty(long rows, long columns, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.empty(rows, columns, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.empty(dim0, dim1, dim2, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.empty(dim0, dim1, dim2, dim3, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.full(size, value, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_full(ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.full(size, value, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_full(long size, Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            torch.full(size, value, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_full(long rows, long columns, Scalar value, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.full(rows, columns, value, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_full(long dim0, long dim1, long dim2, Scalar value, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.full(dim0, dim1, dim2, value, dtype ?? this.dtype, device ?? this.device, requires_grad);
        public Tensor new_full(long dim0, long dim1, long dim2, long dim3, Scalar value, ScalarType? dtype = null,
            Device? device = null, bool requires_grad = false) =>
            torch.full(dim0, dim1, dim2, dim3, value, dtype ?? this.dtype, device ?? this.device,
                requires_grad);

        // These overwrite this tensor, whatever their names say.
        public Tensor zeros(params long[] sizes) => Aten.Call("zeros.out", sizes, this);
        public Tensor ones(params long[] sizes) => Aten.Call("ones.out", sizes, this);
        public Tensor empty(params long[] sizes) => Aten.Call("empty.out", sizes, Arg.None, this);
        public Tensor full(long[] sizes, Scalar value) => Aten.Call("full.out", sizes, value, this);
        public Tensor full(ReadOnlySpan<long> sizes, Scalar value) => full(sizes.ToArray(), value);
        public Tensor eye(long rows, long columns) => Aten.Call("eye.m_out", rows, columns, this);
        public Tensor randn_out(params long[] sizes) => Aten.Call("randn.out", sizes, this);
        public Tensor rand_out(params long[] sizes) => Aten.Call("rand.out", sizes, this);
        public Tensor randint_out(long high, long[] sizes) => Aten.Call("randint.out", high, sizes, this);
        public Tensor arange_out(Scalar start, Scalar stop, Scalar step) =>
            Aten.Call("arange.start_out", start, stop, step, this);

        private Tensor Like(string op, ScalarType? dtype, Device? device, bool requires_grad) =>
            Aten.Call(op, this, dtype ?? this.dtype, Arg.None, device ?? this.device).requires_grad_(requires_grad);
    }
}
