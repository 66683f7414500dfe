#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static class linalg
    {
        public enum QRMode { Reduced = 0, Complete = 1, R = 2 }

        private static readonly long[] s_matrix = [-2, -1];

        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true) =>
            Aten.CallThree("linalg_svd", input, fullMatrices);
        public static Tensor svdvals(Tensor input) => Aten.Call("linalg_svdvals", input);

        public static (Tensor, Tensor) eig(Tensor input) => Aten.CallTwo("linalg_eig", input);
        public static Tensor eigvals(Tensor input) => Aten.Call("linalg_eigvals", input);
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L') =>
            Aten.CallTwo("linalg_eigh", input, UPLO.ToString());
        public static Tensor eigvalsh(Tensor input, char UPLO = 'L') =>
            Aten.Call("linalg_eigvalsh", input, UPLO.ToString());

        public static (Tensor Q, Tensor R) qr(Tensor input, QRMode mode = QRMode.Reduced) =>
            Aten.CallTwo("linalg_qr", input, mode.ToString().ToLowerInvariant());
        public static Tensor householder_product(Tensor A, Tensor tau) =>
            Aten.Call("linalg_householder_product", A, tau);

        public static Tensor cholesky(Tensor input) => Aten.Call("linalg_cholesky", input);
        public static (Tensor L, Tensor info) cholesky_ex(Tensor input, bool check_errors = false) =>
            Aten.CallTwo("linalg_cholesky_ex", input, false, check_errors);

        public static (Tensor P, Tensor L, Tensor U) lu(Tensor input, bool pivot = true) =>
            Aten.CallThree("linalg_lu", input, pivot);
        public static (Tensor LU, Tensor? Pivots) lu_factor(Tensor input, bool pivot = true) =>
            Aten.CallTwo("linalg_lu_factor", input, pivot);

        public static Tensor inv(Tensor input) => Aten.Call("linalg_inv", input);
        public static Tensor pinv(Tensor input, double? atol = null, double? rtol = null, bool hermitian = false) =>
            Aten.Call("linalg_pinv.atol_rtol_float", input, atol, rtol, hermitian);
        public static Tensor pinv(Tensor input, Tensor atol, Tensor? rtol = null, bool hermitian = false) =>
            Aten.Call("linalg_pinv.atol_rtol_tensor", input, atol, rtol, hermitian);

        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Aten.Call("linalg_solve", A, B, left);
        public static (Tensor result, Tensor info) solve_ex(Tensor A, Tensor B, bool left = true,
            bool check_errors = false) => Aten.CallTwo("linalg_solve_ex", A, B, left, check_errors);
        public static Tensor solve_triangular(Tensor A, Tensor B, bool upper, bool left = true,
            bool unitriangular = false, Tensor? @out = null) => @out is null
            ? Aten.Call("linalg_solve_triangular", A, B, upper, left, unitriangular)
            : Aten.Call("linalg_solve_triangular.out", A, B, upper, left, unitriangular, @out);

        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(Tensor input,
            Tensor other) => Lstsq(Aten.CallMany("linalg_lstsq", input, other));
        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(Tensor input,
            Tensor other, double rcond) => Lstsq(Aten.CallMany("linalg_lstsq", input, other, rcond));
        private static (Tensor, Tensor, Tensor, Tensor) Lstsq(Tensor[] found) =>
            (found[0], found[1], found[2], found[3]);

        public static Tensor det(Tensor input) => Aten.Call("linalg_det", input);
        public static (Tensor, Tensor) slogdet(Tensor input) => Aten.CallTwo("linalg_slogdet", input);
        public static Tensor diagonal(Tensor input, int offset = 0, int dim1 = -2, int dim2 = -1) =>
            input.diagonal(offset, dim1, dim2);
        public static Tensor cross(Tensor input, Tensor other, long dim = -1) =>
            Aten.Call("linalg_cross", input, other, dim);
        public static Tensor matrix_exp(Tensor input) => input.matrix_exp();
        public static Tensor multi_dot(IList<Tensor> tensors) => tensors.Count switch
        {
            0 => throw new ArgumentException("There is nothing to multiply.", nameof(tensors)),
            1 => tensors[0].alias(),
            _ => Aten.Call("linalg_multi_dot", tensors.ToArray()),
        };

        public static Tensor matrix_rank(Tensor input, double? atol = null, double? rtol = null,
            bool hermitian = false) =>
            Aten.Call("linalg_matrix_rank.atol_rtol_float", input, atol, rtol, hermitian);
        public static Tensor matrix_rank(Tensor input, Tensor atol, Tensor? rtol = null, bool hermitian = false) =>
            Aten.Call("linalg_matrix_rank.atol_rtol_tensor", input, atol, rtol, hermitian);

        public static Tensor cond(Tensor input) => Aten.Call("linalg_cond", input);
        public static Tensor cond(Tensor input, int p) => Aten.Call("linalg_cond", input, p);
        public static Tensor cond(Tensor input, double p) => Aten.Call("linalg_cond", input, p);
        public static Tensor cond(Tensor input, string p) => Aten.Call("linalg_cond.p_str", input, p);

        public static Tensor norm(Tensor input, long[]? dims = null, bool keepdim = false) =>
            Aten.Call("linalg_norm", input, Arg.None, dims, keepdim);
        public static Tensor norm(Tensor input, int ord, long[]? dims = null, bool keepdim = false) =>
            Aten.Call("linalg_norm", input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) =>
            Aten.Call("linalg_norm", input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, string ord, long[]? dims = null, bool keepdim = false) =>
            Aten.Call("linalg_norm.ord_str", input, ord, dims, keepdim);
        public static Tensor vector_norm(Tensor input, double ord = 2, long[]? dims = null, bool keepdim = false) =>
            Aten.Call("linalg_vector_norm", input, ord, dims ?? [], keepdim);
        public static Tensor matrix_norm(Tensor input, string ord = "fro", long[]? dims = null,
            bool keepdim = false) =>
            Aten.Call("linalg_matrix_norm.str_ord", input, ord == "fro" ? "fro" : "nuc", dims ?? s_matrix, keepdim);
        public static Tensor matrix_norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) =>
            Aten.Call("linalg_matrix_norm", input, ord, dims ?? s_matrix, keepdim);
    }
}
