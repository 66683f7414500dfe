using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>
/// TorchSharp's operators of a tensor and a number, by their names, with the number held while native code reads it. TorchSharp
/// 0.107 makes a native Scalar of it that the garbage collector may free during the call (dotnet/TorchSharp pull requests 1434
/// and 1496); even <c>add_(Tensor)</c>, <c>a + b</c> and <c>square()</c> make one. A test finds calls of TorchSharp's own.
/// </summary>
internal static class Held
{
    /// <summary>What <c>add_</c> of a number multiplies it by; else it makes this one itself.</summary>
    private static readonly Scalar One = 1.0.ToScalar();

    /// <summary>X + alpha Y, new.</summary>
    public static Tensor Add(this Tensor X, Tensor Y, double alpha = 1)
    {
        using var held = alpha.ToScalar();
        return X.add(Y, held);
    }

    /// <summary>X &lt;- X + alpha Y.</summary>
    public static Tensor Add_(this Tensor X, Tensor Y, double alpha = 1)
    {
        using var held = alpha.ToScalar();
        return X.add_(Y, held);
    }

    /// <summary>X &lt;- X + a.</summary>
    public static Tensor Add_(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.add_(held, One);
    }

    /// <summary>a X, new.</summary>
    public static Tensor Mul(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.mul(held);
    }

    /// <summary>X &lt;- a X.</summary>
    public static Tensor Mul_(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.mul_(held);
    }

    /// <summary>X / a, new.</summary>
    public static Tensor Div(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.div(held);
    }

    /// <summary>X &lt;- X / a.</summary>
    public static Tensor Div_(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.div_(held);
    }

    /// <summary>X &lt;- X + a Y Z, entry by entry.</summary>
    public static Tensor AddCMul_(this Tensor X, Tensor Y, Tensor Z, double a)
    {
        using var held = a.ToScalar();
        return X.addcmul_(Y, Z, held);
    }

    /// <summary>X &lt;- X + a Y / Z, entry by entry.</summary>
    public static Tensor AddCDiv_(this Tensor X, Tensor Y, Tensor Z, double a)
    {
        using var held = a.ToScalar();
        return X.addcdiv_(Y, Z, held);
    }

    /// <summary>X^p, new.</summary>
    public static Tensor Pow(this Tensor X, double p)
    {
        using var held = p.ToScalar();
        return X.pow(held);
    }

    /// <summary>X &lt;- X^p.</summary>
    public static Tensor Pow_(this Tensor X, double p)
    {
        using var held = p.ToScalar();
        return X.pow_(held);
    }

    /// <summary>Where X is a.</summary>
    public static Tensor Eq(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.eq(held);
    }

    /// <summary>Where X is 0.</summary>
    public static Tensor IsZero(this Tensor X) => X.Eq(0);

    /// <summary>Where X is more than a.</summary>
    public static Tensor Gt(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.gt(held);
    }

    /// <summary>Where X is at most a.</summary>
    public static Tensor Le(this Tensor X, double a)
    {
        using var held = a.ToScalar();
        return X.le(held);
    }

    /// <summary>a where the mask is true, else X; new.</summary>
    public static Tensor MaskedFill(this Tensor X, Tensor mask, double a)
    {
        using var held = a.ToScalar();
        return X.masked_fill(mask, held);
    }

    /// <summary>X &lt;- a where the mask is true.</summary>
    public static Tensor MaskedFill_(this Tensor X, Tensor mask, double a)
    {
        using var held = a.ToScalar();
        return X.masked_fill_(mask, held);
    }

    /// <summary>X &lt;- min(max(X, min), max).</summary>
    public static Tensor Clamp_(this Tensor X, double min, double max)
    {
        using var least = min.ToScalar();
        using var most = max.ToScalar();
        return X.clamp_(least, most);
    }

    /// <summary>X^2, entry by entry, new; TorchSharp's own raises to a number.</summary>
    public static Tensor Square(this Tensor X) => X.mul(X);

    /// <summary>max(X, min), new.</summary>
    public static Tensor ClampMin(this Tensor X, double min)
    {
        using var held = min.ToScalar();
        return X.clamp_min(held);
    }

    /// <summary>X &lt;- max(X, min).</summary>
    public static Tensor ClampMin_(this Tensor X, double min)
    {
        using var held = min.ToScalar();
        return X.clamp_min_(held);
    }
}
