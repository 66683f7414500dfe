#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor exp() => Aten.Call("exp", this);
        public Tensor exp_() => Aten.CallInPlace("exp_", this);
        public Tensor exp2() => Aten.Call("exp2", this);
        public Tensor exp2_() => Aten.CallInPlace("exp2_", this);
        public Tensor expm1() => Aten.Call("expm1", this);
        public Tensor expm1_() => Aten.CallInPlace("expm1_", this);
        public Tensor log() => Aten.Call("log", this);
        public Tensor log_() => Aten.CallInPlace("log_", this);
        public Tensor log2() => Aten.Call("log2", this);
        public Tensor log2_() => Aten.CallInPlace("log2_", this);
        public Tensor log10() => Aten.Call("log10", this);
        public Tensor log10_() => Aten.CallInPlace("log10_", this);
        public Tensor log1p() => Aten.Call("log1p", this);
        public Tensor log1p_() => Aten.CallInPlace("log1p_", this);
        public Tensor logaddexp(Tensor other) => Aten.Call("logaddexp", this, other);
        public Tensor logaddexp2(Tensor other) => Aten.Call("logaddexp2", this, other);
        public Tensor erf() => Aten.Call("erf", this);
        public Tensor erf_() => Aten.CallInPlace("erf_", this);
        public Tensor erfc() => Aten.Call("erfc", this);
        public Tensor erfc_() => Aten.CallInPlace("erfc_", this);
        public Tensor erfinv() => Aten.Call("erfinv", this);
        public Tensor erfinv_() => Aten.CallInPlace("erfinv_", this);
        public Tensor lgamma() => Aten.Call("lgamma", this);
        public Tensor lgamma_() => Aten.CallInPlace("lgamma_", this);
        public Tensor digamma() => Aten.Call("digamma", this);
        public Tensor digamma_() => Aten.CallInPlace("digamma_", this);
        public Tensor xlogy(Tensor y) => Aten.Call("xlogy.Tensor", this, y);
        public Tensor xlogy(Scalar y) => Aten.Call("xlogy.Scalar_Other", this, y);
        public Tensor xlogy_(Tensor y) => Aten.CallInPlace("xlogy_.Tensor", this, y);
        public Tensor xlogy_(Scalar y) => Aten.CallInPlace("xlogy_.Scalar_Other", this, y);
        public Tensor logit(double? eps = null) => Aten.Call("logit", this, eps);
        public Tensor logit_(double? eps = null) => Aten.CallInPlace("logit_", this, eps);
        public Tensor hypot(Tensor other) => Aten.Call("hypot", this, other);

        public Tensor ceil() => Aten.Call("ceil", this);
        public Tensor ceil_() => Aten.CallInPlace("ceil_", this);
        public Tensor floor() => Aten.Call("floor", this);
        public Tensor floor_() => Aten.CallInPlace("floor_", this);
        public Tensor round(long decimals = 0) => Aten.Call("round.decimals", this, decimals);
        public Tensor round_(long decimals = 0) => Aten.CallInPlace("round_.decimals", this, decimals);
        public Tensor trunc() => Aten.Call("trunc", this);
        public Tensor trunc_() => Aten.CallInPlace("trunc_", this);
        public Tensor fix() => trunc();
        public Tensor fix_() => trunc_();
        public Tensor frac() => Aten.Call("frac", this);
        public Tensor frac_() => Aten.CallInPlace("frac_", this);
        public Tensor sign() => Aten.Call("sign", this);
        public Tensor sign_() => Aten.CallInPlace("sign_", this);
        public Tensor sgn() => Aten.Call("sgn", this);
        public Tensor sgn_() => Aten.CallInPlace("sgn_", this);
        public Tensor signbit() => Aten.Call("signbit", this);
        public Tensor copysign(Tensor other) => Aten.Call("copysign.Tensor", this, other);
        public Tensor copysign_(Tensor other) => Aten.CallInPlace("copysign_.Tensor", this, other);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.Call("clamp", this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.Call("clamp.Tensor", this, min, max);
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Aten.CallInPlace("clamp_", this, min, max);
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) =>
            Aten.CallInPlace("clamp_.Tensor", this, min, max);
        public Tensor clamp_min(Scalar min) => Aten.Call("clamp_min", this, min);
        public Tensor clamp_min_(Scalar min) => Aten.CallInPlace("clamp_min_", this, min);
        public Tensor clamp_max(Scalar max) => Aten.Call("clamp_max", this, max);
        public Tensor clamp_max_(Scalar max) => Aten.CallInPlace("clamp_max_", this, max);
        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);
        public Tensor nan_to_num(double nan = 0.0, double? posinf = null, double? neginf = null) =>
            Aten.Call("nan_to_num", this, nan, posinf, neginf);
        public Tensor nan_to_num_(double nan = 0.0, double? posinf = null, double? neginf = null) =>
            Aten.CallInPlace("nan_to_num_", this, nan, posinf, neginf);
        public Tensor heaviside(Tensor other) => Aten.Call("heaviside", this, other);
        public Tensor heaviside_(Tensor other) => Aten.CallInPlace("heaviside_", this, other);
        public Tensor nextafter(Tensor other) => Aten.Call("nextafter", this, other);
        public Tensor nextafter_(Tensor other) => Aten.CallInPlace("nextafter_", this, other);
        public Tensor threshold(Scalar threshold, Scalar value) => Aten.Call("threshold", this, threshold, value);
        public Tensor threshold_(Scalar threshold, Scalar value) =>
            Aten.CallInPlace("threshold_", this, threshold, value);
        public Tensor deg2rad() => Aten.Call("deg2rad", this);
        public Tensor deg2rad_() => Aten.CallInPlace("deg2rad_", this);
        public Tensor rad2deg() => Aten.Call("rad2deg", this);
        public Tensor rad2deg_() => Aten.CallInPlace("rad2deg_", this);

        public Tensor bitwise_and(Tensor other) => Aten.Call("bitwise_and.Tensor", this, other);
        public Tensor bitwise_and_(Tensor other) => Aten.CallInPlace("bitwise_and_.Tensor", this, other);
        public Tensor bitwise_or(Tensor other) => Aten.Call("bitwise_or.Tensor", this, other);
        public Tensor bitwise_or_(Tensor other) => Aten.CallInPlace("bitwise_or_.Tensor", this, other);
        public Tensor bitwise_xor(Tensor other) => Aten.Call("bitwise_xor.Tensor", this, other);
        public Tensor bitwise_xor_(Tensor other) => Aten.CallInPlace("bitwise_xor_.Tensor", this, other);
        public Tensor bitwise_not() => Aten.Call("bitwise_not", this);
        public Tensor bitwise_not_() => Aten.CallInPlace("bitwise_not_", this);
        public Tensor bitwise_left_shift(Tensor other) => Aten.Call("bitwise_left_shift.Tensor", this, other);
        public Tensor bitwise_left_shift_(Tensor other) =>
            Aten.CallInPlace("bitwise_left_shift_.Tensor", this, other);
        public Tensor bitwise_right_shift(Tensor other) => Aten.Call("bitwise_right_shift.Tensor", this, other);
        public Tensor bitwise_right_shift_(Tensor other) =>
            Aten.CallInPlace("bitwise_right_shift_.Tensor", this, other);
        public Tensor logical_and(Tensor other) => Aten.Call("logical_and", this, other);
        public Tensor logical_and_(Tensor other) => Aten.CallInPlace("logical_and_", this, other);
        public Tensor logical_or(Tensor other) => Aten.Call("logical_or", this, other);
        public Tensor logical_or_(Tensor other) => Aten.CallInPlace("logical_or_", this, other);
        public Tensor logical_xor(Tensor other) => Aten.Call("logical_xor", this, other);
        public Tensor logical_xor_(Tensor other) => Aten.CallInPlace("logical_xor_", this, other);
        public Tensor logical_not() => Aten.Call("logical_not", this);
        public Tensor logical_not_() => Aten.CallInPlace("logical_not_", this);
        public Tensor conj() => Aten.Call("conj", this);
        public Tensor conj_physical() => Aten.Call("conj_physical", this);
        public Tensor resolve_conj() => Aten.Call("resolve_conj", this);
        public Tensor resolve_neg() => Aten.Call("resolve_neg", this);
        public Tensor angle() => Aten.Call("angle", this);
    }
}
