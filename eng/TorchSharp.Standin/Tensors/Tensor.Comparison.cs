#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => target is null ? false : Aten.Call("eq.Tensor", this, target);
        public Tensor eq(Scalar target) => target is null ? false : Aten.Call("eq.Scalar", this, target);
        public Tensor eq_(Tensor target) => Aten.CallInPlace("eq_.Tensor", this, target);
        public Tensor eq_(Scalar target) => Aten.CallInPlace("eq_.Scalar", this, target);
        public Tensor ne(Tensor target) => Aten.Call("ne.Tensor", this, target);
        public Tensor ne(Scalar target) => Aten.Call("ne.Scalar", this, target);
        public Tensor ne_(Tensor target) => Aten.CallInPlace("ne_.Tensor", this, target);
        public Tensor ne_(Scalar target) => Aten.CallInPlace("ne_.Scalar", this, target);
        public Tensor lt(Tensor target) => Aten.Call("lt.Tensor", this, target);
        public Tensor lt(Scalar target) => Aten.Call("lt.Scalar", this, target);
        public Tensor lt_(Tensor target) => Aten.CallInPlace("lt_.Tensor", this, target);
        public Tensor lt_(Scalar target) => Aten.CallInPlace("lt_.Scalar", this, target);
        public Tensor le(Tensor target) => Aten.Call("le.Tensor", this, target);
        public Tensor le(Scalar target) => Aten.Call("le.Scalar", this, target);
        public Tensor le_(Tensor target) => Aten.CallInPlace("le_.Tensor", this, target);
        public Tensor le_(Scalar target) => Aten.CallInPlace("le_.Scalar", this, target);
        public Tensor gt(Tensor target) => Aten.Call("gt.Tensor", this, target);
        public Tensor gt(Scalar target) => Aten.Call("gt.Scalar", this, target);
        public Tensor gt_(Tensor target) => Aten.CallInPlace("gt_.Tensor", this, target);
        public Tensor gt_(Scalar target) => Aten.CallInPlace("gt_.Scalar", this, target);
        public Tensor ge(Tensor target) => Aten.Call("ge.Tensor", this, target);
        public Tensor ge(Scalar target) => Aten.Call("ge.Scalar", this, target);
        public Tensor ge_(Tensor target) => Aten.CallInPlace("ge_.Tensor", this, target);
        public Tensor ge_(Scalar target) => Aten.CallInPlace("ge_.Scalar", this, target);
        public Tensor equal(Tensor target) => eq(target);
        public Tensor not_equal(Tensor target) => ne(target);
        public Tensor not_equal_(Tensor target) => ne_(target);
        public Tensor less(Tensor target) => lt(target);
        public Tensor less_equal(Tensor target) => le(target);
        public Tensor less_equal_(Tensor target) => le_(target);
        public Tensor greater(Tensor target) => gt(target);
        public Tensor greater_equal(Tensor target) => ge(target);

        public bool allclose(Tensor target, double rtol = 1E-05, double atol = 1E-08, bool equal_nan = false) =>
            Aten.CallBool("allclose", this, target, rtol, atol, equal_nan);
        public Tensor isclose(Tensor other, double rtol = 1E-05, double atol = 1E-08, bool nanEqual = false) =>
            Aten.Call("isclose", this, other, rtol, atol, nanEqual);
        public Tensor isnan() => Aten.Call("isnan", this);
        public Tensor isinf() => Aten.Call("isinf", this);
        public Tensor isfinite() => Aten.Call("isfinite", this);
        public Tensor isposinf() => Aten.Call("isposinf", this);
        public Tensor isneginf() => Aten.Call("isneginf", this);
        public Tensor isreal() => Aten.Call("isreal", this);
        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            Aten.Call("isin.Tensor_Tensor", this, test_elements, assumeUnique, invert);
        public Tensor maximum(Tensor other) => Aten.Call("maximum", this, other);
        public Tensor minimum(Tensor other) => Aten.Call("minimum", this, other);
        public Tensor fmax(Tensor other) => Aten.Call("fmax", this, other);
        public Tensor fmin(Tensor other) => Aten.Call("fmin", this, other);
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Aten.CallTwo("sort.stable", this, stable, dim, descending);
        public Tensor argsort(long dim = -1, bool descending = false) => Aten.Call("argsort", this, dim, descending);
        public Tensor msort() => Aten.Call("msort", this);
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Aten.CallTwo("topk", this, k, dim, largest, sorted);
        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) =>
            Aten.CallTwo("kthvalue", this, k, dim ?? -1, keepdim);
        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            Aten.Call("bucketize.Tensor", this, boundaries, outInt32, right);
    }
}
