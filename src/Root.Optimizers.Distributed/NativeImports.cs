using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Root.Optimizers.Distributed;

/// <summary>Which library, loaded at run time, has the functions that are imported under a name; others are found as ever.</summary>
internal static class NativeImports
{
    private static readonly ConcurrentDictionary<string, nint> Libraries = [];

    static NativeImports() => NativeLibrary.SetDllImportResolver(typeof(NativeImports).Assembly,
        (name, _, _) => Libraries.GetValueOrDefault(name));

    public static void Bind(string name, nint library) => Libraries[name] = library;
}
