using static TorchSharp.torch;

namespace TorchSharp
{
    using Modules;

    public static partial class torch
    {
        public static partial class nn
        {
            public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>A tensor that a module registers as something to train.</summary>
    public class Parameter : Tensor
    {
        /// <summary>Takes the tensor's handle over, and its place in the dispose scope.</summary>
        public Parameter(Tensor data, bool requires_grad = true)
            : base(data.with_requires_grad(requires_grad).MoveHandle(), false) => DisposeScope.ReplaceWith(data, this);

        internal Parameter(IntPtr handle) : base(handle)
        {
        }
    }
}
