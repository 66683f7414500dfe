using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Extending.Tests;

/// <summary>
/// NorMuon (Li et al., arXiv 2510.05491): Muon whose update is divided, row by row, by the root of an average of its squares, and
/// rescaled to a root mean square of 0.2.
/// </summary>
public sealed class NorMuon(IEnumerable<Parameter> parameters, NorMuon.Options? options = null, IProcessGroup? process_group = null)
    : MatrixOptimizer<NorMuon.Options>([new ParamGroup(parameters)], options, process_group)
{
    public sealed class Options : OrthogonalizingOptions
    {
        /// <summary>The decay of the squares, in [0, 1).</summary>
        public double beta2 { get => Get(0.95); set => Set(value); }
    }

    protected override IReadOnlyList<StateBuffer> Buffers(MatrixShape shape) =>
        [StateBuffer.Momentum(shape), new("row_second_moment", new(shape.Rows, 1))];

    protected override void Update(MatrixBatch batch, Options options)
    {
        var M = batch.Average(options.momentum, nesterov: false);
        var U = NewtonSchulz.Orthogonalize(M, PublishedSchedules.Muon(), batch.TypeFor(options.precision)).to(M.dtype);
        var v = batch["row_second_moment"].Average(U.square().mean([-1], keepdim: true), options.beta2);
        U = U / (v.sqrt() + options.eps);
        var norm = linalg.vector_norm(U, dims: [-2, -1], keepdim: true);
        batch.Descend(U * (0.2 * Math.Sqrt(batch.Shape.Rows * batch.Shape.Columns)) / norm, options, scale: 1);
    }
}
