#nullable enable
namespace TorchSharp;

public static partial class torch
{
    /// <summary>Owns one reference to a libtorch tensor.</summary>
    public partial class Tensor : IDisposable
    {
        private static long s_totalCount;
        private static long s_peakCount;

        internal IntPtr handle;

        internal Tensor(IntPtr handle, bool register = true)
        {
            this.handle = handle;
            s_peakCount = Math.Max(s_peakCount, Interlocked.Increment(ref s_totalCount));
            if (register) OwningDisposeScope = DisposeScopeManager.ThreadSingleton.RegisterOnCurrentDisposeScope(this);
        }

        ~Tensor() => Dispose(false);

        /// <summary>Tensors that managed code holds; several may share one libtorch tensor.</summary>
        public static long TotalCount => s_totalCount;
        public static long PeakCount => s_peakCount;

        internal DisposeScope? OwningDisposeScope { get; set; }

        public string? name { get; set; }

        public IntPtr Handle => handle != IntPtr.Zero
            ? handle
            : throw new InvalidOperationException("The tensor has been disposed, or its handle was taken from it.");

        public bool IsInvalid => handle == IntPtr.Zero;

        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (handle == IntPtr.Zero) return;
            DisposeScopeManager.ThreadSingleton.DisposingOnCurrentScope(this);
            OwningDisposeScope?.MarkAsDisposed(this);
            Interlocked.Decrement(ref s_totalCount);
            Native.Dispose(handle);
            handle = IntPtr.Zero;
        }

        /// <summary>Gives the handle up; the caller then owns it.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            var taken = Handle;
            Interlocked.Decrement(ref s_totalCount);
            handle = IntPtr.Zero;
            return taken;
        }

        /// <summary>Gives the handle up to another wrapper, such as the Parameter made of this tensor.</summary>
        internal IntPtr MoveHandle()
        {
            var taken = handle;
            handle = IntPtr.Zero;
            return taken;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        [Obsolete("A misspelling of DetachFromDisposeScope.")]
        public Tensor DetatchFromDisposeScope() => DetachFromDisposeScope();

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is { } owner) owner.MoveToOther(other, this);
            else other?.Attach(this);
            return this;
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public bool Equals(Tensor target) => target is not null && Aten.CallBool("equal", this, target);

        public override int GetHashCode() => base.GetHashCode();

        public Tensor alias() => new(Native.Share(Handle));

        public bool is_leaf => Native.IsLeaf(Handle) != 0;

        public bool requires_grad
        {
            get => Native.RequiresGrad(Handle) != 0;
            set => Native.Check(Native.SetRequiresGrad(Handle, value ? 1 : 0));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad() => Aten.CallVoid("retain_grad", this);

        public Tensor? grad
        {
            get
            {
                var found = Native.Grad(Handle);
                return found == IntPtr.Zero ? null : new Tensor(found);
            }
            set
            {
                Native.Check(Native.SetGrad(Handle, value?.Handle ?? IntPtr.Zero));
                GC.KeepAlive(value);
            }
        }

        public void backward() => autograd.backward(this);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false,
            IList<Tensor>? inputs = null) =>
            autograd.backward(this, grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach() => Aten.Call("detach", this);
        public Tensor detach_() => Aten.CallInPlace("detach_", this);
        public Tensor clone() => Aten.Call("clone", this);
    }
}
