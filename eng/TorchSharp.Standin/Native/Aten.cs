using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>
/// Calls ATen operators by schema name, "add.Tensor" or, without an overload, "mm". Trailing arguments that are left
/// out take the schema's defaults.
/// </summary>
internal static unsafe class Aten
{
    // More words than this, as a long list of tensors needs, are rented rather than put on the stack.
    private const int StackWords = 256;

    private static readonly ConcurrentDictionary<string, IntPtr> s_operators = new();

    internal static torch.Tensor Call(string op, params ReadOnlySpan<Arg> args)
    {
        var count = Invoke(op, null, args, out var results);
        for (var i = 1; i < count; i++) Native.Dispose((IntPtr)results[i].Bits);
        return Wrap(results[0]);
    }

    internal static torch.Tensor[] CallMany(string op, params ReadOnlySpan<Arg> args)
    {
        var tensors = new torch.Tensor[Invoke(op, null, args, out var results)];
        for (var i = 0; i < tensors.Length; i++) tensors[i] = Wrap(results[i]);
        return tensors;
    }

    internal static (torch.Tensor, torch.Tensor) CallTwo(string op, params ReadOnlySpan<Arg> args)
    {
        Invoke(op, null, args, out var results);
        return (Wrap(results[0]), Wrap(results[1]));
    }

    internal static (torch.Tensor, torch.Tensor, torch.Tensor) CallThree(string op, params ReadOnlySpan<Arg> args)
    {
        Invoke(op, null, args, out var results);
        return (Wrap(results[0]), Wrap(results[1]), Wrap(results[2]));
    }

    internal static torch.Tensor CallInPlace(string op, torch.Tensor self, params ReadOnlySpan<Arg> rest)
    {
        Run(op, self, rest, null);
        return self;
    }

    internal static void CallVoid(string op, params ReadOnlySpan<Arg> args) => Run(op, null, args, null);

    internal static long CallLong(string op, params ReadOnlySpan<Arg> args)
    {
        Invoke(op, null, args, out var results);
        return results[0].Bits;
    }

    internal static bool CallBool(string op, params ReadOnlySpan<Arg> args) => CallLong(op, args) != 0;

    internal static double CallDouble(string op, params ReadOnlySpan<Arg> args) =>
        BitConverter.Int64BitsToDouble(CallLong(op, args));

    internal static Scalar CallScalar(string op, params ReadOnlySpan<Arg> args)
    {
        Invoke(op, null, args, out var results);
        return Scalar.Read(results[0]);
    }

    private static torch.Tensor Wrap(in NativeValue value) =>
        value.Bits == 0 ? null : new torch.Tensor((IntPtr)value.Bits);

    private static int Invoke(string op, torch.Tensor self, ReadOnlySpan<Arg> args, out NativeValue* results)
    {
        NativeValue* found = null;
        var count = Run(op, self, args, &found);
        results = found;
        return count;
    }

    [SkipLocalsInit]
    private static int Run(string op, torch.Tensor self, ReadOnlySpan<Arg> args, NativeValue** results)
    {
        var words = 0;
        foreach (ref readonly var arg in args) words += arg.Words;
        if (words <= StackWords)
        {
            var scratch = stackalloc long[StackWords];
            return Run(op, self, args, scratch, results);
        }
        var rented = ArrayPool<long>.Shared.Rent(words);
        fixed (long* scratch = rented)
        {
            var count = Run(op, self, args, scratch, results);
            ArrayPool<long>.Shared.Return(rented);
            return count;
        }
    }

    [SkipLocalsInit]
    private static int Run(string op, torch.Tensor self, ReadOnlySpan<Arg> args, long* scratch, NativeValue** results)
    {
        var values = stackalloc NativeValue[args.Length + 1];
        var next = values;
        Arg first = self;
        if (self is not null) first.Write(next++, ref scratch);
        foreach (ref readonly var arg in args) arg.Write(next++, ref scratch);
        var count = Native.Call(Find(op), values, (int)(next - values), results);
        first.KeepAlive();
        foreach (ref readonly var arg in args) arg.KeepAlive();
        if (count < 0) Native.Throw();
        return count;
    }

    private static IntPtr Find(string op) => s_operators.TryGetValue(op, out var found) ? found : LookUp(op);

    private static IntPtr LookUp(string op)
    {
        var dot = op.IndexOf('.');
        var name = "aten::" + (dot < 0 ? op : op[..dot]);
        var found = Native.Find(name, dot < 0 ? "" : op[(dot + 1)..]);
        if (found == IntPtr.Zero) Native.Throw();
        return s_operators[op] = found;
    }
}
