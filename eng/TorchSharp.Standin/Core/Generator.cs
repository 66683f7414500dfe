#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public class Generator : IDisposable
    {
        internal Generator(IntPtr handle, Device? device = null) => (Handle, this.device) = (handle, device ?? CPU);

        public Generator(ulong seed = 0, Device? device = null)
            : this(New(seed, device ?? CPU), device)
        {
        }

        ~Generator() => Dispose(false);

        private static IntPtr New(ulong seed, Device device) =>
            Native.Check(Native.NewGenerator((long)seed, (int)device.type, device.index));

        public static Generator Default => new(Native.Check(Native.DefaultGenerator((int)DeviceType.CPU, -1)));

        public IntPtr Handle { get; private set; }

        public Device device { get; private set; }

        public Tensor get_state() => new(Native.Check(Native.GeneratorState(Handle)));

        public void set_state(Tensor value) => Native.Check(Native.GeneratorSetState(Handle, value.Handle));

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.GeneratorSetSeed(Handle, seed));
            return this;
        }

        public long seed()
        {
            var seed = DateTime.UtcNow.Ticks;
            manual_seed(seed);
            return seed;
        }

        public long initial_seed() => Native.GeneratorSeed(Handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle == IntPtr.Zero) return;
            Native.DisposeGenerator(Handle);
            Handle = IntPtr.Zero;
        }
    }
}
