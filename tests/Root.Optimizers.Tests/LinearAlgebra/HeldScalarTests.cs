using System.Reflection;
using Root.Optimizers.Tests.Support;
using TorchSharp;

namespace Root.Optimizers.Tests.LinearAlgebra;

/// <summary>
/// TorchSharp 0.107 makes a native Scalar of every number that an operator is given, and the garbage collector may free it while
/// native code still reads it (dotnet/TorchSharp pull requests 1434 and 1496): an allocating thread then makes a step throw,
/// or worse.
/// </summary>
public class HeldScalarTests
{
    [Fact]
    public void No_number_becomes_a_scalar_that_nothing_holds()
    {
        var making = new Dictionary<MethodBase, bool>();
        var found = CompiledCalls.Of(typeof(RootOptimizer).Assembly)
            .Where(call => call.Called.DeclaringType?.Assembly == typeof(torch).Assembly && Makes(call.Called, making))
            .Where(call => !(call.Called.Name == "ToScalar" && call.Caller.StartsWith("Held.")))
            .GroupBy(call => call.Caller, call => call.Called.Name)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Distinct())}").Order().ToArray();
        Assert.True(found.Length == 0, string.Join("\n", found));
    }

    /// <summary>Whether a method of TorchSharp, or one that it calls, makes a Scalar of a number.</summary>
    private static bool Makes(MethodBase method, Dictionary<MethodBase, bool> known)
    {
        if (method is { Name: "op_Implicit", DeclaringType.Name: "Scalar" } or { Name: "ToScalar" }) return true;
        if (known.TryGetValue(method, out var makes)) return makes;
        known[method] = false; // while it is asked: a circle adds nothing
        return known[method] = CompiledCalls.Of(method)
            .Any(called => called.DeclaringType?.Assembly == typeof(torch).Assembly && Makes(called, known));
    }
}
