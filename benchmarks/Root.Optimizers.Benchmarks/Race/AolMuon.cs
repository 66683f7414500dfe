using Root.Optimizers.Core;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>
/// Turbo-Muon (arXiv 2512.04632), a rival that the library does not have: rows of the shorter side are divided by
/// (sum_j |X X^T|_ij)^1/2, after which no singular value is above 1, in the place of the whole by its norm; four steps follow.
/// </summary>
internal sealed class AolMuon(TorchSharp.torch.nn.Module model, double lr, Muon.Options options) : Muon(model, lr, options)
{
    /// <summary>Source: "aol" of NVIDIA Emerging-Optimizers' coefficient sets.</summary>
    private static readonly (double a, double b, double c)[] Steps =
    [
        (4.0098, -7.0585, 2.4635), (3.4585, -5.5479, 2.5959), (2.7573, -3.2939, 1.4254), (2.7215, -3.0494, 1.3169),
    ];

    protected override void Update(MatrixBatch batch, Options options)
    {
        using var scope = NewDisposeScope();
        var M = batch.Average(options.momentum, options.nesterov);
        var isTall = batch.Shape.Rows > batch.Shape.Columns;
        var X = (isTall ? M.mT : M).to(batch.TypeFor(options.precision));
        var sums = X.matmul(X.mT).to(ScalarType.Float32).abs().sum(-1, keepdim: true);
        X = X * sums.rsqrt().nan_to_num(0, 0, 0).to(X.dtype);
        foreach (var (a, b, c) in Steps)
        {
            var R = X.matmul(X.mT);
            X = a * X + (b * R + c * R.matmul(R)).matmul(X);
        }
        batch.Descend(isTall ? X.mT.contiguous() : X, options);
    }
}
