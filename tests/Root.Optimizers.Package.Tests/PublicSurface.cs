using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Root.Optimizers.Package.Tests.Pages;

namespace Root.Optimizers.Package.Tests;

/// <summary>The public surface of a compiled assembly, a line a member, as PublicAPI.Shipped.txt writes it.</summary>
internal static class PublicSurface
{
    private const SymbolDisplayMiscellaneousOptions Nullability = SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
        | SymbolDisplayMiscellaneousOptions.IncludeNotNullableReferenceTypeModifier;

    // The format of Microsoft.CodeAnalysis.PublicApiAnalyzers.
    private static readonly SymbolDisplayFormat TypeFormat = new(
        SymbolDisplayGlobalNamespaceStyle.OmittedAsContaining,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        SymbolDisplayGenericsOptions.IncludeTypeParameters,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes | Nullability);

    private static readonly SymbolDisplayFormat Format = TypeFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeContainingType
            | SymbolDisplayMemberOptions.IncludeExplicitInterface | SymbolDisplayMemberOptions.IncludeModifiers
            | SymbolDisplayMemberOptions.IncludeConstantValue)
        .WithParameterOptions(SymbolDisplayParameterOptions.IncludeExtensionThis | SymbolDisplayParameterOptions.IncludeParamsRefOut
            | SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName
            | SymbolDisplayParameterOptions.IncludeDefaultValue);

    /// <param name="assembly">The file's bytes.</param>
    /// <param name="others">Other assemblies that it names, beside those of this process.</param>
    public static string[] Of(byte[] assembly, params byte[][] others)
    {
        var reference = MetadataReference.CreateFromImage(assembly);
        var compilation = CSharpCompilation.Create("surface", references:
        [
            reference, .. others.Select(other => MetadataReference.CreateFromImage(other)),
            .. CodeBlocks.LoadedAssemblies.Where(path => !Path.GetFileName(path).StartsWith("Root.Optimizers", StringComparison.Ordinal))
                .Select(path => MetadataReference.CreateFromFile(path)),
        ]);
        var symbol = (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(reference)!;
        return [.. Types(symbol.GlobalNamespace).SelectMany(Lines)];
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol within) => within.GetMembers()
        .OfType<INamespaceOrTypeSymbol>().SelectMany(inner => inner is INamedTypeSymbol type
            ? IsVisible(type) ? Types(type).Prepend(type) : [] : Types(inner));

    private static IEnumerable<string> Lines(INamedTypeSymbol type) =>
        type.GetMembers().Where(member => member is not INamedTypeSymbol && IsVisible(member) && IsListed(member)).Select(Line)
            .Prepend(Line(type));

    /// <summary>Of properties the accessors are listed, of events the event.</summary>
    private static bool IsListed(ISymbol member) => member switch
    {
        IPropertySymbol => false,
        IMethodSymbol { MethodKind: MethodKind.EventAdd or MethodKind.EventRemove or MethodKind.StaticConstructor } => false,
        IMethodSymbol { MethodKind: MethodKind.Constructor, ContainingType.TypeKind: TypeKind.Enum } => false,
        IFieldSymbol { Name: "value__" } => false,
        _ => true,
    };

    private static bool IsVisible(ISymbol symbol) => symbol.DeclaredAccessibility == Accessibility.Public
        || (IsProtected(symbol) && CanBeDerivedFrom(symbol.ContainingType));

    private static bool IsProtected(ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Protected or Accessibility.ProtectedOrInternal;

    private static bool CanBeDerivedFrom(INamedTypeSymbol type) => !type.IsSealed
        && type.InstanceConstructors.Any(c => c.DeclaredAccessibility == Accessibility.Public || IsProtected(c));

    private static string Line(ISymbol symbol)
    {
        var text = symbol.ToDisplayString(Format);
        var type = symbol switch
        {
            IMethodSymbol method => (method.ReturnType, method.ReturnNullableAnnotation),
            IFieldSymbol field => (field.Type, field.NullableAnnotation),
            IEventSymbol @event => (@event.Type, @event.NullableAnnotation),
            _ => ((ITypeSymbol, NullableAnnotation)?)null,
        };
        return type is var (returned, annotation)
            ? $"{text} -> {returned.WithNullableAnnotation(annotation).ToDisplayString(TypeFormat)}"
            : text;
    }
}
