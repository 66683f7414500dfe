using System.Reflection;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>
/// On a GPU the host only queues work; what reads a result waits until all of it is done. No method of the library may do so
/// unless it stands here, with the reason.
/// </summary>
public class HostReadTests
{
    /// <summary>What reads a tensor on the host or waits for the device: TorchSharp's own, and libtorch's checks of a result.</summary>
    private static readonly HashSet<string> Reading =
    [
        "item", "data", "cpu", "tolist", "bytes", "allclose", "equal", "Equals", "nonzero", "argwhere", "unique", "masked_select",
        "is_nonzero", "ToSingle", "ToDouble", "ToInt32", "ToInt64", "ToBoolean", "ToScalar", "op_Explicit", "Save", "Load", "Write",
            "ToString", "str",
        "print", "storage", "numpy", "bincount", "histc", "synchronize",
        "inv", "solve", "cholesky", "eigh", "eigvalsh", "eig", "svd", "svdvals", "lstsq", "matrix_rank", "pinv", "slogdet", "det",
    ];

    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["Atom.WeightNorm"] = "asked for by the user, outside of a step",
        ["AtomNorm.LargestSingularValue"] = "likewise",
        ["BatchedInverse.Of"] = "checks its inverses, of the form that is chosen on the CPU",
        ["EmbeddingNorm.Measure"] = "likewise",
        ["BatchedProduct.IsRotated"] = "once in a process, on the CPU",
        ["DualAscent.Solve"] = "stops when it has converged; documented",
        ["DeferredNumber.SetWhere"] = "between GPUs, where none waits for the host",
        ["ManifoldOptimizer.Measure"] = "construction, the first step, and where a weight is off its manifold",
        ["ManifoldOptimizer.Move"] = "the CPU's own branch",
        ["FiniteGradients.CheckLater"] = "between GPUs, where none waits for the host",
        ["FiniteGradients.Number"] = "the CPU's own branch",
        ["DeferredNumber.Take"] = "waits when the host is about to act on it",
        ["DeferredNumber.get_Seen"] = "reads the host's copy",
        ["Lanczos.Quadrature"] = "a refit",
        ["Spectrum.Exact"] = "a refit",
        ["MatrixOptimizer.SumOfSquares"] = "clipping, which the caller has its norm of",
        ["NewtonSchulz.WithFrobeniusNorm"] = "the CPU's own branch",
        ["OutlierSplit.OfLargestWhereZero"] = "the CPU's own branch",
        ["OutlierSplit.ToBase_"] = "the CPU's own branch",
        ["ParameterState.ApproximatelyEquals"] = "comparing, outside of a step",
        ["Overlap.Address"] = "construction",
        ["Overlap.SharesEntries"] = "construction",
        ["ParameterState.IdleOnHost"] = "saving and loading",
        ["ParameterState.CheckContent"] = "loading",
        ["SavedState.Buffers"] = "loading",
        ["Safetensors.Read"] = "loading",
        ["Safetensors.Write"] = "saving",
        ["Safetensors.Chunks"] = "saving and loading",
        ["Messages.Gather"] = "between ranks, on the CPU",
        ["ParameterState.to"] = "moving the state, asked for by the user",
        ["Sphere.Distance"] = "construction, and steps that are watched",
        ["Stiefel.Distance"] = "construction, and steps that are watched",
        ["StepDiagnostics.Note"] = "steps that are watched; documented",
        ["StepWatch.Wait"] = "likewise",
        ["Stiefel.Nearest"] = "construction",
    };

    [Fact]
    public void Nothing_waits_for_the_device_but_what_has_a_reason()
    {
        var found = CompiledCalls.Of(typeof(RootOptimizer).Assembly).Where(call => Reads(call.Called))
            .GroupBy(call => call.Caller, call => call.Called.Name).ToDictionary(g => g.Key, g => string.Join(", ", g.Distinct()));
        var waiting = found.Where(f => !Allowed.ContainsKey(f.Key)).Select(f => $"{f.Key} calls {f.Value}").Order().ToArray();
        Assert.True(waiting.Length == 0, string.Join("\n", waiting));
        Assert.Equal([], Allowed.Keys.Except(found.Keys)); // what waits no longer is taken from the list
    }

    private static bool Reads(MethodBase method)
    {
        if (method.DeclaringType?.Assembly != typeof(Tensor).Assembly) return false;
        var name = method.Name.StartsWith("get_") ? method.Name[4..] : method.Name;
        // Of a number it reads nothing.
        if (name == "ToScalar" && method.GetParameters() is [{ ParameterType: var of }] && of != typeof(Tensor)) return false;
        // A device is a place to move to; the library moves to none but what the caller names and the CPU.
        return name == "to" ? method.GetParameters().Any(p => p.ParameterType == typeof(Device)) : Reading.Contains(name);
    }
}
