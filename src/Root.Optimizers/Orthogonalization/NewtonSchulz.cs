using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// Orthogonalization of matrices by the Newton-Schulz iteration: from X_0 = M / ||M||,
/// X_k = a X + b (X X^T) X + c (X X^T)^2 X with the schedule's (a, b, c) of step k, which drives every singular value
/// towards 1 and so X towards U V^T of the singular value decomposition M = U S V^T.
/// Sources: Jordan et al., "Muon" (2024); He et al., "ROOT" (arXiv 2511.20626), equation 4.
/// </summary>
public static class NewtonSchulz
{
    /// <summary>
    /// In 16 bits the Gram form is taken only for schedules made for singular values from here on: rounding is relative to
    /// a matrix's largest entries, and X X^T squares what is small. Source: measured on singular values that fill [l, 1], lie mostly
    /// below l, or are few, on 24x96 to 768x2304, libtorch 2.10, November 2026. In bfloat16, three to five steps made for l from 3.5e-3
    /// on leave values at most 0.04 farther from 1 than the plain form does (at 5e-3: 0.02), with l = 2.5e-3 some end 0.37 above; in
    /// float16 it is 0.03 from 1e-3 on. (Three steps with X X^T formed anew before the last; without, see
    /// <see cref="GramForm.Ends"/>.)
    /// </summary>
    internal static double GramLower(ScalarType dtype) => dtype switch
    {
        ScalarType.BFloat16 => 3.5e-3,
        ScalarType.Float16 => 1e-3,
        _ => 0,
    };

    /// <summary>
    /// Matrices with a shorter side below this iterate in float32 where 16 bits are asked for: the rounding of so few entries does
    /// not average out, and nothing is gained. Source: the package's five steps on 300 Gaussian matrices of each shape in bfloat16,
    /// libtorch 2.10, November 2026: the largest singular value ends up to 0.57 above float32's for sides of 2 and 3, 0.19 for
    /// 16, 0.1 for 17, and four 17x17 take 1.6 times as long. (2.10 sums these products in float32, as 1.13 did not.)
    /// </summary>
    internal const long LeastSideIn16Bits = 17;

    /// <summary>The element type in which matrices of this shorter side iterate where <paramref name="dtype"/> is asked for.</summary>
    internal static ScalarType IterationType(ScalarType dtype, long shorterSide) =>
        !dtype.IsWide() && shorterSide < LeastSideIn16Bits ? ScalarType.Float32 : dtype;

    /// <summary>Orthogonalizes one matrix or every matrix of a batch.</summary>
    /// <param name="matrices">(m, n) or (b, m, n), floating point; not changed. The iteration forms products of the
    /// shorter side, so a matrix and its transpose give transposed results, up to rounding.</param>
    /// <param name="schedule">The coefficients of each step, and what a matrix is divided by before the first.</param>
    /// <param name="dtype">The element type of the iteration; by default that of <paramref name="matrices"/>.</param>
    /// <param name="form">Which products are formed; by default the cheaper form that is safe.</param>
    /// <returns>A tensor of the same shape, in the iteration's element type. An all-zero matrix stays zero.</returns>
    /// <exception cref="ArgumentException">The tensor is not floating point, or has fewer than 2 or more than 3
    /// dimensions.</exception>
    public static Tensor Orthogonalize(Tensor matrices, NewtonSchulzSchedule schedule, ScalarType? dtype = null,
        NewtonSchulzForm form = NewtonSchulzForm.Automatic) => Iterate(matrices, schedule, dtype, form, consume: false);

    /// <summary>
    /// The same, with <paramref name="matrices"/> overwritten and disposed, so that its memory is free before the result's is
    /// needed: the workspace is then at most three times its size, else four.
    /// </summary>
    /// <inheritdoc cref="Orthogonalize"/>
    public static Tensor Orthogonalize_(Tensor matrices, NewtonSchulzSchedule schedule, ScalarType? dtype = null,
        NewtonSchulzForm form = NewtonSchulzForm.Automatic) => Iterate(matrices, schedule, dtype, form, consume: true);

    private static Tensor Iterate(Tensor matrices, NewtonSchulzSchedule schedule, ScalarType? dtype, NewtonSchulzForm form, bool consume)
    {
        if (matrices.dim() is not (2 or 3))
            throw new ArgumentException(
                $"Newton-Schulz takes (m, n) or (b, m, n); got a tensor of shape {matrices.shape.Text()}.",
                nameof(matrices));

        if (!matrices.is_floating_point())
            throw new ArgumentException($"Newton-Schulz takes floating-point matrices; got {matrices.dtype}.", nameof(matrices));
        if (matrices.numel() == 0) return matrices.to(dtype ?? matrices.dtype, copy: true);

        using var scope = NewDisposeScope();
        var single = matrices.dim() == 2;
        var batch = single ? matrices.unsqueeze(0) : matrices;
        var type = dtype ?? matrices.dtype;
        var shorter = Math.Min(batch.size(1), batch.size(2));
        var iteration = IterationType(type, shorter);
        // In float16 larger, so that what the first products leave of a flat spectrum, 1/n^2 at norm 1, is not below its range.
        var norm = iteration == ScalarType.Float16 ? Math.Pow(shorter, 0.25) : 1;
        var X = WithFrobeniusNorm(batch, norm, iteration, consume);
        if (consume) matrices.Dispose();
        if (form == NewtonSchulzForm.Automatic) form = Choose(schedule, X.size(1), X.size(2), X.dtype);
        X = form == NewtonSchulzForm.Gram ? GramForm.Iterate(X, schedule, norm) : PlainForm.Iterate(X, schedule, norm);
        return (single ? X.squeeze(0) : X).to(type).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The form with fewer products; in 16 bits the Gram form only from <see cref="GramLower"/> on.
    /// </summary>
    internal static NewtonSchulzForm Choose(NewtonSchulzSchedule schedule, long rows, long columns, ScalarType dtype)
    {
        var safe = dtype.IsWide() || schedule.Lower >= GramLower(dtype);
        double Of(NewtonSchulzForm form) => Products(form, schedule, rows, columns, dtype);
        return safe && Of(NewtonSchulzForm.Gram) < Of(NewtonSchulzForm.Plain) ? NewtonSchulzForm.Gram : NewtonSchulzForm.Plain;
    }

    /// <summary>
    /// The matrix products of an iteration in units of 2 n^3 operations, n the shorter side, at aspect r = longer/shorter and T
    /// steps: plain T (2r + 1); Gram 4T + 2r - 3, and 2r - 3 more for every time that X X^T has to be formed anew.
    /// </summary>
    internal static double Products(NewtonSchulzForm form, NewtonSchulzSchedule schedule, long rows, long columns, ScalarType dtype)
    {
        var (T, r) = (schedule.Count, (double)Math.Max(rows, columns) / Math.Min(rows, columns));
        if (form == NewtonSchulzForm.Automatic) form = Choose(schedule, rows, columns, dtype);
        return form == NewtonSchulzForm.Plain
            ? T * (2 * r + 1)
            : 4 * T + (2 * r - 3) * GramForm.Ends(schedule, dtype, Math.Min(rows, columns)).Count;
    }

    /// <summary>
    /// X / ||X||_F times norm. Dividing by the largest entry first, where it may be needed, keeps the squares of tiny and huge gradients
    /// in range, so that the result does not depend on the gradient's scale; an all-zero matrix stays zero.
    /// </summary>
    private static Tensor WithFrobeniusNorm(Tensor X, double norm, ScalarType dtype, bool overwrite)
    {
        var wide = X.Widened();
        if (!overwrite && ReferenceEquals(wide, X)) wide = X.clone();
        // Reading is free on the CPU; on a GPU it would wait for all work in flight.
        var frobenius = wide.device_type == DeviceType.CPU ? MatrixNorms.Frobenius(wide) : null;
        // Whether it has lost nothing of tiny entries, nor of huge ones.
        var isSafe = frobenius?.Gt(1e-12).logical_and_(frobenius.Le(1e12));
        if (frobenius is null || !isSafe!.all().item<bool>())
        {
            var largest = MatrixNorms.OrOne(MatrixNorms.Largest(wide));
            // A matrix comes out the same whatever others are beside it.
            if (isSafe is not null) largest.MaskedFill_(isSafe, 1);
            frobenius = MatrixNorms.OrOne(MatrixNorms.Frobenius(wide.div_(largest)));
        }
        if (norm != 1) frobenius.Div_(norm);
        var unit = wide.div_(frobenius).to(dtype);
        if (!ReferenceEquals(wide, X)) wide.Dispose();
        return unit;
    }
}

/// <summary>Which products a Newton-Schulz iteration forms. In exact arithmetic they agree.</summary>
public enum NewtonSchulzForm
{
    /// <summary>The cheaper of the two that is safe: <see cref="NewtonSchulz.Choose"/>.</summary>
    Automatic,

    /// <summary>X &lt;- a X + (b A + c A^2) X with A = X X^T at every step.</summary>
    Plain,

    /// <summary>
    /// R = X X^T is updated in its place, n x n with n the shorter side, and X touched only at the end, and where
    /// rounding in that element type makes it necessary to form R anew. Source: Dao-AILab/gram-newton-schulz.
    /// </summary>
    Gram,
}
