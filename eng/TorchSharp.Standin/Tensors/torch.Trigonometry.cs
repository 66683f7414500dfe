#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static Tensor sin(Tensor input) => input.sin();
    public static Tensor sin_(Tensor input) => input.sin_();
    public static Tensor cos(Tensor input) => input.cos();
    public static Tensor cos_(Tensor input) => input.cos_();
    public static Tensor tan(Tensor input) => input.tan();
    public static Tensor tan_(Tensor input) => input.tan_();
    public static Tensor asin(Tensor input) => input.asin();
    public static Tensor asin_(Tensor input) => input.asin_();
    public static Tensor acos(Tensor input) => input.acos();
    public static Tensor acos_(Tensor input) => input.acos_();
    public static Tensor atan(Tensor input) => input.atan();
    public static Tensor atan_(Tensor input) => input.atan_();
    public static Tensor atan2(Tensor input, Tensor other) => input.atan2(other);
    public static Tensor atan2_(Tensor input, Tensor other) => input.atan2_(other);
    public static Tensor sinh(Tensor input) => input.sinh();
    public static Tensor sinh_(Tensor input) => input.sinh_();
    public static Tensor cosh(Tensor input) => input.cosh();
    public static Tensor cosh_(Tensor input) => input.cosh_();
    public static Tensor tanh(Tensor input) => input.tanh();
    public static Tensor tanh_(Tensor input) => input.tanh_();
    public static Tensor asinh(Tensor input) => input.asinh();
    public static Tensor asinh_(Tensor input) => input.asinh_();
    public static Tensor acosh(Tensor input) => input.acosh();
    public static Tensor acosh_(Tensor input) => input.acosh_();
    public static Tensor atanh(Tensor input) => input.atanh();
    public static Tensor atanh_(Tensor input) => input.atanh_();
    public static Tensor arcsin(Tensor input) => input.arcsin();
    public static Tensor arcsin_(Tensor input) => input.arcsin_();
    public static Tensor arccos(Tensor input) => input.arccos();
    public static Tensor arccos_(Tensor input) => input.arccos_();
    public static Tensor arctan(Tensor input) => input.arctan();
    public static Tensor arctan(Tensor input, Tensor other) => input.arctan(other);
    public static Tensor arctan_(Tensor input) => input.arctan_();
    public static Tensor arctan_(Tensor input, Tensor other) => input.arctan_(other);
    public static Tensor arctan2(Tensor input, Tensor other) => input.arctan2(other);
    public static Tensor arctan2_(Tensor input, Tensor other) => input.arctan2_(other);
    public static Tensor arcsinh(Tensor input) => input.arcsinh();
    public static Tensor arcsinh_(Tensor input) => input.arcsinh_();
    public static Tensor arccosh(Tensor input) => input.arccosh();
    public static Tensor arccosh_(Tensor input) => input.arccosh_();
    public static Tensor arctanh(Tensor input) => input.arctanh();
    public static Tensor arctanh_(Tensor input) => input.arctanh_();
    public static Tensor sinc(Tensor input) => input.sinc();
    public static Tensor sinc_(Tensor input) => input.sinc_();
}
