#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static Tensor exp(Tensor input) => input.exp();
    public static Tensor exp_(Tensor input) => input.exp_();
    public static Tensor exp2(Tensor input) => input.exp2();
    public static Tensor exp2_(Tensor input) => input.exp2_();
    public static Tensor expm1(Tensor input) => input.expm1();
    public static Tensor expm1_(Tensor input) => input.expm1_();
    public static Tensor log(Tensor input) => input.log();
    public static Tensor log_(Tensor input) => input.log_();
    public static Tensor log2(Tensor input) => input.log2();
    public static Tensor log2_(Tensor input) => input.log2_();
    public static Tensor log10(Tensor input) => input.log10();
    public static Tensor log10_(Tensor input) => input.log10_();
    public static Tensor log1p(Tensor input) => input.log1p();
    public static Tensor log1p_(Tensor input) => input.log1p_();
    public static Tensor logaddexp(Tensor left, Tensor right) => left.logaddexp(right);
    public static Tensor logaddexp2(Tensor left, Tensor right) => left.logaddexp2(right);
    public static Tensor erf(Tensor input) => input.erf();
    public static Tensor erf_(Tensor input) => input.erf_();
    public static Tensor erfc(Tensor input) => input.erfc();
    public static Tensor erfc_(Tensor input) => input.erfc_();
    public static Tensor erfinv(Tensor input) => input.erf(); // sic, in TorchSharp 0.107
    public static Tensor erfinv_(Tensor input) => input.erfinv_();
    public static Tensor lgamma(Tensor input) => input.lgamma();
    public static Tensor lgamma_(Tensor input) => input.lgamma(); // sic
    public static Tensor digamma(Tensor input) => input.digamma();
    public static Tensor digamma_(Tensor input) => input.digamma_();
    public static Tensor xlogy(Tensor x, Tensor y) => x.xlogy(y);
    public static Tensor xlogy(Tensor x, Scalar y) => x.xlogy(y);
    public static Tensor xlogy_(Tensor x, Tensor y) => x.xlogy_(y);
    public static Tensor xlogy_(Tensor x, Scalar y) => x.xlogy_(y);
    public static Tensor logit(Tensor input, double? eps = null) => input.logit(eps);
    public static Tensor logit_(Tensor input, double? eps = null) => input.logit_(eps);
    public static Tensor hypot(Tensor left, Tensor right) => left.hypot(right);
    public static Tensor ceil(Tensor input) => input.ceil();
    public static Tensor ceil_(Tensor input) => input.ceil_();
    public static Tensor floor(Tensor input) => input.floor();
    public static Tensor floor_(Tensor input) => input.floor_();
    public static Tensor round(Tensor input, long decimals = 0) => input.round(decimals);
    public static Tensor round_(Tensor input, long decimals = 0) => input.round_(decimals);
    public static Tensor trunc(Tensor input) => input.trunc();
    public static Tensor trunc_(Tensor input) => input.trunc_();
    public static Tensor fix(Tensor input) => input.fix();
    public static Tensor fix_(Tensor input) => input.fix_();
    public static Tensor frac(Tensor input) => input.frac();
    public static Tensor frac_(Tensor input) => input.frac_();
    public static Tensor sign(Tensor input) => input.sign();
    public static Tensor sign_(Tensor input) => input.sign_();
    public static Tensor sgn(Tensor input) => input.sgn();
    public static Tensor sgn_(Tensor input) => input.sgn_();
    public static Tensor signbit(Tensor input) => input.signbit();
    public static Tensor copysign(Tensor input, Tensor other) => input.copysign(other);
    public static Tensor clamp(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp(min, max);
    public static Tensor clamp(Tensor input, Tensor? min = null, Tensor? max = null) => input.clamp(min, max);
    public static Tensor clamp_(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp_(min, max);
    public static Tensor clamp_(Tensor input, Tensor? min = null, Tensor? max = null) => input.clamp_(min, max);
    public static Tensor clamp_min(Tensor input, Scalar min) => input.clamp_min(min);
    public static Tensor clamp_max(Tensor input, Scalar max) => input.clamp_max(max);
    public static Tensor clip(Tensor input, Scalar? min = null, Scalar? max = null) => input.clip(min, max);
    public static Tensor nan_to_num(Tensor input, double nan = 0.0, double? posinf = null,
        double? neginf = null) =>
        input.nan_to_num(nan, posinf, neginf);
    public static Tensor nan_to_num_(Tensor input, double nan = 0.0, double? posinf = null,
        double? neginf = null) =>
        input.nan_to_num_(nan, posinf, neginf);
    public static Tensor deg2rad(Tensor input) => input.deg2rad();
    public static Tensor rad2deg(Tensor input) => input.rad2deg();
    public static Tensor conj(Tensor input) => input.conj();
    public static Tensor resolve_conj(Tensor input) => input.resolve_conj();
    public static Tensor angle(Tensor input) => input.angle();
    public static Tensor real(Tensor input) => input.real;
    public static Tensor imag(Tensor input) => input.imag;

    public static Tensor bitwise_and(Tensor left, Tensor right) => left.bitwise_and(right);
    public static Tensor bitwise_and_(Tensor left, Tensor right) => left.bitwise_and_(right);
    public static Tensor bitwise_or(Tensor left, Tensor right) => left.bitwise_or(right);
    public static Tensor bitwise_or_(Tensor left, Tensor right) => left.bitwise_or_(right);
    public static Tensor bitwise_xor(Tensor left, Tensor right) => left.bitwise_xor(right);
    public static Tensor bitwise_xor_(Tensor left, Tensor right) => left.bitwise_xor_(right);
    public static Tensor bitwise_not(Tensor input) => input.bitwise_not();
    public static Tensor bitwise_not_(Tensor input) => input.bitwise_not_();
    public static Tensor bitwise_left_shift(Tensor left, Tensor right) => left.bitwise_left_shift(right);
    public static Tensor bitwise_left_shift_(Tensor left, Tensor right) => left.bitwise_left_shift_(right);
    public static Tensor bitwise_right_shift(Tensor left, Tensor right) => left.bitwise_right_shift(right);
    public static Tensor bitwise_right_shift_(Tensor left, Tensor right) => left.bitwise_right_shift_(right);
    public static Tensor logical_and(Tensor left, Tensor right) => left.logical_and(right);
    public static Tensor logical_and_(Tensor left, Tensor right) => left.logical_and_(right);
    public static Tensor logical_or(Tensor left, Tensor right) => left.logical_or(right);
    public static Tensor logical_or_(Tensor left, Tensor right) => left.logical_or_(right);
    public static Tensor logical_xor(Tensor left, Tensor right) => left.logical_xor(right);
    public static Tensor logical_xor_(Tensor left, Tensor right) => left.logical_xor_(right);
    public static Tensor logical_not(Tensor input) => input.logical_not();

    public static Tensor sigmoid(Tensor input) => input.sigmoid();
    public static Tensor sigmoid_(Tensor input) => input.sigmoid_();
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

    // Not in place, whatever the name says; the methods of Tensor are.
    public static Tensor clamp_max_(Tensor input, Scalar max) => input.clamp_max(max);
    public static Tensor clamp_min_(Tensor input, Scalar min) => input.clamp_min(min);
}
