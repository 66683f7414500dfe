using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>
/// Compiles and runs the blocks of C# on a page. What a block leaves open, such as the model, is <see cref="Surroundings"/>'.
/// </summary>
internal static class CodeBlocks
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using Root.Optimizers;
        using Root.Optimizers.Modular;
        using TorchSharp;
        using TorchSharp.Modules;
        using static TorchSharp.torch;
        using static TorchSharp.torch.optim.lr_scheduler;
        using static Root.Optimizers.Package.Tests.Pages.Surroundings;

        """;

    /// <summary>The files of all assemblies that this process could load.</summary>
    public static IEnumerable<string> LoadedAssemblies =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    private static readonly Lazy<MetadataReference[]> References =
        new(() => [.. LoadedAssemblies.Select(path => MetadataReference.CreateFromFile(path))]);

    /// <summary>Runs a block as a program of its own.</summary>
    /// <param name="name">For messages: the page and the line.</param>
    /// <param name="code">Statements, or what initializes one option; types may follow.</param>
    public static void Run(string name, string code)
    {
        using var file = new MemoryStream();
        var compilation = CSharpCompilation.Create("page", [CSharpSyntaxTree.ParseText(Program(code))], References.Value,
            new(OutputKind.DynamicallyLinkedLibrary));
        var errors = compilation.Emit(file).Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ToArray();
        Assert.True(errors.Length == 0, $"{name} does not compile: {string.Join('\n', errors.Take(5))}\n{code}");
        file.Position = 0;
        var context = new AssemblyLoadContext(name, isCollectible: true);
        var run = context.LoadFromStream(file).GetType("Block")!.GetMethod("Run")!;
        try
        {
            run.Invoke(null, null);
        }
        catch (TargetInvocationException e)
        {
            throw new InvalidOperationException($"{name} throws: {e.InnerException!.Message}", e.InnerException);
        }
        finally
        {
            context.Unload();
        }
    }

    private static string Program(string code)
    {
        if (!code.TrimEnd().EndsWith(';') && !code.TrimEnd().EndsWith('}')) code = $"{code.TrimEnd()};";
        var root = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(code).GetRoot();
        var statements = root.Members.OfType<GlobalStatementSyntax>().Select(statement => statement.ToFullString());
        var types = root.Members.Where(member => member is not GlobalStatementSyntax).Select(type => type.ToFullString());
        return $$"""
            {{Usings}}{{root.Usings.ToFullString()}}
            public static class Block
            {
                public static object Run()
                {
                    {{string.Concat(statements)}}
                    return null;
                }
            }
            {{string.Concat(types)}}
            """;
    }
}
