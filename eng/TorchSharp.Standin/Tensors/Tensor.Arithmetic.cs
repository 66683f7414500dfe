#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Aten.Call("add.Tensor", this, target);
        public Tensor add(Tensor target, Scalar alpha) => Aten.Call("add.Tensor", this, target, alpha);
        public Tensor add(Scalar scalar) => Aten.Call("add.Scalar", this, scalar);
        public Tensor add(Scalar scalar, Scalar alpha) => Aten.Call("add.Scalar", this, scalar, alpha);
        public Tensor add_(Tensor target) => Aten.CallInPlace("add_.Tensor", this, target);
        public Tensor add_(Tensor target, Scalar alpha) => Aten.CallInPlace("add_.Tensor", this, target, alpha);
        public Tensor add_(Scalar scalar) => Aten.CallInPlace("add_.Scalar", this, scalar);
        public Tensor add_(Scalar scalar, Scalar alpha) => Aten.CallInPlace("add_.Scalar", this, scalar, alpha);
        public Tensor sub(Tensor target) => Aten.Call("sub.Tensor", this, target);
        public Tensor sub(Scalar target) => Aten.Call("sub.Scalar", this, target);
        public Tensor sub_(Tensor target) => Aten.CallInPlace("sub_.Tensor", this, target);
        public Tensor sub_(Scalar target) => Aten.CallInPlace("sub_.Scalar", this, target);
        public Tensor subtract(Scalar target) => sub(target);
        public Tensor subtract(Tensor target) => sub(target);
        public Tensor subtract_(Scalar target) => sub_(target);
        public Tensor subtract_(Tensor target) => sub_(target);
        public Tensor mul(Tensor target) => Aten.Call("mul.Tensor", this, target);
        public Tensor mul(Scalar target) => Aten.Call("mul.Scalar", this, target);
        public Tensor mul_(Tensor target) => Aten.CallInPlace("mul_.Tensor", this, target);
        public Tensor mul_(Scalar target) => Aten.CallInPlace("mul_.Scalar", this, target);
        public Tensor multiply(Tensor target) => mul(target);
        public Tensor multiply(Scalar target) => mul(target);
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.Call("div.Tensor_mode", this, target, Rounding(rounding_mode));
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.Call("div.Scalar_mode", this, target, Rounding(rounding_mode));
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.CallInPlace("div_.Tensor_mode", this, target, Rounding(rounding_mode));
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.CallInPlace("div_.Scalar_mode", this, target, Rounding(rounding_mode));
        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            div(target, rounding_mode);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            div(target, rounding_mode);
        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            div_(target, rounding_mode);
        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            div_(target, rounding_mode);
        public Tensor floor_divide(Tensor other) => Aten.Call("floor_divide", this, other);
        public Tensor floor_divide(Scalar other) => Aten.Call("floor_divide.Scalar", this, other);
        public Tensor floor_divide_(Tensor other) => Aten.CallInPlace("floor_divide_.Tensor", this, other);
        public Tensor floor_divide_(Scalar other) => Aten.CallInPlace("floor_divide_.Scalar", this, other);
        public Tensor true_divide(Tensor other) => Aten.Call("true_divide.Tensor", this, other);
        public Tensor true_divide(Scalar other) => Aten.Call("true_divide.Scalar", this, other);
        public Tensor true_divide_(Tensor other) => Aten.CallInPlace("true_divide_.Tensor", this, other);
        public Tensor true_divide_(Scalar other) => Aten.CallInPlace("true_divide_.Scalar", this, other);
        public Tensor fmod(Tensor target) => Aten.Call("fmod.Tensor", this, target);
        public Tensor fmod(Scalar scalar) => Aten.Call("fmod.Scalar", this, scalar);
        public Tensor fmod_(Tensor target) => Aten.CallInPlace("fmod_.Tensor", this, target);
        public Tensor fmod_(Scalar scalar) => Aten.CallInPlace("fmod_.Scalar", this, scalar);
        public Tensor remainder(Tensor target) => Aten.Call("remainder.Tensor", this, target);
        public Tensor remainder(Scalar scalar) => Aten.Call("remainder.Scalar", this, scalar);
        public Tensor remainder_(Tensor target) => Aten.CallInPlace("remainder_.Tensor", this, target);
        public Tensor remainder_(Scalar scalar) => Aten.CallInPlace("remainder_.Scalar", this, scalar);

        public Tensor neg() => Aten.Call("neg", this);
        public Tensor neg_() => Aten.CallInPlace("neg_", this);
        public Tensor negative() => neg();
        public Tensor abs() => Aten.Call("abs", this);
        public Tensor abs_() => Aten.CallInPlace("abs_", this);
        public Tensor absolute() => abs();
        public Tensor absolute_() => abs_();
        public Tensor pow(Tensor exponent) => Aten.Call("pow.Tensor_Tensor", this, exponent);
        public Tensor pow(Scalar exponent) => Aten.Call("pow.Tensor_Scalar", this, exponent);
        public Tensor pow_(Tensor exponent) => Aten.CallInPlace("pow_.Tensor", this, exponent);
        public Tensor pow_(Scalar exponent) => Aten.CallInPlace("pow_.Scalar", this, exponent);
        public Tensor float_power(Tensor target) => Aten.Call("float_power.Tensor_Tensor", this, target);
        public Tensor float_power_(Tensor target) => Aten.CallInPlace("float_power_.Tensor", this, target);
        public Tensor square() => pow(2);
        public Tensor reciprocal() => Aten.Call("reciprocal", this);
        public Tensor reciprocal_() => Aten.CallInPlace("reciprocal_", this);
        public Tensor sqrt() => Aten.Call("sqrt", this);
        public Tensor sqrt_() => Aten.CallInPlace("sqrt_", this);
        public Tensor rsqrt() => Aten.Call("rsqrt", this);
        public Tensor rsqrt_() => Aten.CallInPlace("rsqrt_", this);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Aten.Call("addcmul", this, tensor1, tensor2, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Aten.CallInPlace("addcmul_", this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Aten.Call("addcdiv", this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Aten.Call("addcdiv", this, tensor1, tensor2);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Aten.CallInPlace("addcdiv_", this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) =>
            Aten.CallInPlace("addcdiv_", this, tensor1, tensor2);
        public Tensor lerp(Tensor end, Tensor weight) => Aten.Call("lerp.Tensor", this, end, weight);
        public Tensor lerp_(Tensor end, Tensor weight) => Aten.CallInPlace("lerp_.Tensor", this, end, weight);
        public Tensor cumsum(long dim, ScalarType? type = null) => Aten.Call("cumsum", this, dim, type);
        public Tensor cumprod(long dim, ScalarType? type = null) => Aten.Call("cumprod", this, dim, type);
        public (Tensor values, Tensor indexes) cummax(long dim) => Aten.CallTwo("cummax", this, dim);
        public (Tensor values, Tensor indexes) cummin(long dim) => Aten.CallTwo("cummin", this, dim);
        public Tensor logcumsumexp(long dim) => Aten.Call("logcumsumexp", this, dim);
        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) =>
            Aten.Call("diff", this, n, dim, prepend, append);
        public Tensor gcd(Tensor other) => Aten.Call("gcd", this, other);
        public Tensor gcd_(Tensor other) => Aten.CallInPlace("gcd_", this, other);
        public Tensor lcm(Tensor other) => Aten.Call("lcm", this, other);
        public Tensor lcm_(Tensor other) => Aten.CallInPlace("lcm_", this, other);

        private static string? Rounding(RoundingMode mode) => mode switch
        {
            RoundingMode.trunc => "trunc",
            RoundingMode.floor => "floor",
            _ => null,
        };
    }
}
