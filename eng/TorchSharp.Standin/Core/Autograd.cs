namespace TorchSharp;

/// <summary>Switches the recording of gradients on or off until it is disposed.</summary>
internal sealed class AutoGradMode : IDisposable
{
    private readonly bool _before = IsEnabled;

    internal AutoGradMode(bool enabled) => Set(enabled);

    internal static bool IsEnabled => Native.GradEnabled() != 0;

    public void Dispose() => Set(_before);

    private static void Set(bool enabled) => Native.SetGradEnabled(enabled ? 1 : 0);
}

internal sealed class InferenceMode : IDisposable
{
    private IntPtr _guard;

    internal InferenceMode(bool mode) => _guard = Native.InferenceBegin(mode ? 1 : 0);

    internal static bool IsEnabled => Native.InferenceEnabled() != 0;

    public void Dispose()
    {
        if (_guard != IntPtr.Zero) Native.InferenceEnd(_guard);
        _guard = IntPtr.Zero;
    }
}

public static partial class torch
{
    public static IDisposable no_grad() => new AutoGradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new AutoGradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new AutoGradMode(mode);
    public static bool is_grad_enabled() => AutoGradMode.IsEnabled;
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);
    public static bool is_inference_mode_enabled() => InferenceMode.IsEnabled;

    public static partial class autograd
    {
        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs,
            IList<Tensor> grad_outputs = null, bool retain_graph = false, bool create_graph = false,
            bool allow_unused = false)
        {
            var results = new IntPtr[inputs.Count];
            fixed (IntPtr* outs = Handles(outputs), ins = Handles(inputs), seeds = Handles(grad_outputs))
            fixed (IntPtr* found = results)
                Native.Check(Native.AutogradGrad(outs, outputs.Count, ins, inputs.Count, seeds,
                    grad_outputs?.Count ?? 0, retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, found));
            GC.KeepAlive((outputs, inputs, grad_outputs));
            return results.Select(handle => new Tensor(handle)).ToList();
        }

        public static unsafe void backward(IList<Tensor> tensors, IList<Tensor> grad_tensors = null,
            bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null)
        {
            var retain = retain_graph ?? create_graph;
            fixed (IntPtr* roots = Handles(tensors), seeds = Handles(grad_tensors), leaves = Handles(inputs))
                Native.Check(Native.Backward(roots, tensors.Count, seeds, retain ? 1 : 0, create_graph ? 1 : 0,
                    leaves, inputs?.Count ?? 0));
            GC.KeepAlive((tensors, grad_tensors, inputs));
        }

        public static void backward(Tensor tensor, IList<Tensor> grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor> inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor> inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        private static IntPtr[] Handles(IList<Tensor> tensors) =>
            tensors?.Select(t => t is null ? IntPtr.Zero : t.Handle).ToArray();
    }
}
