#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sin() => Aten.Call("sin", this);
        public Tensor sin_() => Aten.CallInPlace("sin_", this);
        public Tensor cos() => Aten.Call("cos", this);
        public Tensor cos_() => Aten.CallInPlace("cos_", this);
        public Tensor tan() => Aten.Call("tan", this);
        public Tensor tan_() => Aten.CallInPlace("tan_", this);
        public Tensor asin() => Aten.Call("asin", this);
        public Tensor asin_() => Aten.CallInPlace("asin_", this);
        public Tensor acos() => Aten.Call("acos", this);
        public Tensor acos_() => Aten.CallInPlace("acos_", this);
        public Tensor atan() => Aten.Call("atan", this);
        public Tensor atan_() => Aten.CallInPlace("atan_", this);
        public Tensor atan2(Tensor other) => Aten.Call("atan2", this, other);
        public Tensor atan2_(Tensor other) => Aten.CallInPlace("atan2_", this, other);
        public Tensor sinh() => Aten.Call("sinh", this);
        public Tensor sinh_() => Aten.CallInPlace("sinh_", this);
        public Tensor cosh() => Aten.Call("cosh", this);
        public Tensor cosh_() => Aten.CallInPlace("cosh_", this);
        public Tensor tanh() => Aten.Call("tanh", this);
        public Tensor tanh_() => Aten.CallInPlace("tanh_", this);
        public Tensor asinh() => Aten.Call("asinh", this);
        public Tensor asinh_() => Aten.CallInPlace("asinh_", this);
        public Tensor acosh() => Aten.Call("acosh", this);
        public Tensor acosh_() => Aten.CallInPlace("acosh_", this);
        public Tensor atanh() => Aten.Call("atanh", this);
        public Tensor atanh_() => Aten.CallInPlace("atanh_", this);
        public Tensor arcsin() => asin();
        public Tensor arcsin_() => asin_();
        public Tensor arccos() => acos();
        public Tensor arccos_() => acos_();
        public Tensor arctan() => atan();
        public Tensor arctan(Tensor other) => atan2(other);
        public Tensor arctan_(Tensor other) => atan2_(other);
        public Tensor arctan_() => atan_();
        public Tensor arctan2(Tensor other) => atan2(other);
        public Tensor arctan2_(Tensor other) => atan2_(other);
        public Tensor arcsinh() => asinh();
        public Tensor arcsinh_() => asinh_();
        public Tensor arccosh() => acosh();
        public Tensor arccosh_() => acosh_();
        public Tensor arctanh() => atanh();
        public Tensor arctanh_() => atanh_();
        public Tensor sinc() => Aten.Call("sinc", this);
        public Tensor sinc_() => Aten.CallInPlace("sinc_", this);
    }
}
