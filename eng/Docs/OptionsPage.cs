using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Root.Optimizers;
using Root.Optimizers.AdaNewton;

namespace Docs;

/// <summary>docs/options.md: every option of every optimizer, with its default and what its doc comment says.</summary>
public static class OptionsPage
{
    private static readonly (string optimizer, MatrixOptions defaults)[] Optimizers =
    [
        (nameof(RootOptimizer), new RootOptimizer.Options()),
        (nameof(Muon), new Muon.Options()),
        (nameof(ManifoldMuon), new ManifoldMuon.Options()),
        (nameof(HypersphericalDescent), new HypersphericalDescent.Options()),
        (nameof(ModularDescent), new ModularDescent.Options()),
    ];

    /// <summary>The page.</summary>
    public static string Text()
    {
        var options = Optimizers.SelectMany(o => o.defaults.GetType().GetProperties())
            .Where(p => p.DeclaringType!.Assembly == typeof(MatrixOptions).Assembly).OrderBy(p => Depth(p.DeclaringType!))
            .GroupBy(p => p.Name).ToArray();
        var page = new StringBuilder($$"""
            # Options

            Made from the doc comments by `./run docs`; a test compares. Options are given to the constructor, and to a group for itself:

            ```csharp
            using var optimizer = new RootOptimizer(model, new RootOptimizer.Options { LearningRate = 2e-3, cautious = true });
            ```

            A group inherits what it does not set; see [getting started](getting-started.md#groups). The most used ones are also arguments
            of `torch.optim.ROOT(...)` and the other factories.

            ## Defaults

            An empty cell: the optimizer does not have it.

            | option | {{string.Join(" | ", Optimizers.Select(o => $"`{o.optimizer}`"))}} |
            |---|{{string.Concat(Enumerable.Repeat("---|", Optimizers.Length))}}

            """);
        page.Append(Row("LearningRate", o => Value(o.defaults.GetType()
            .GetProperty("DefaultLearningRate", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(o.defaults))));
        foreach (var option in options)
            page.Append(Row($"[{option.Key}](#{option.Key})",
                o => o.defaults.GetType().GetProperty(option.Key) is { } p ? Value(p.GetValue(o.defaults)) : ""));
        page.Append("""

            `LearningRate` is `lr` of the constructors, and what schedulers drive. `ModularDescent` takes its budget as an argument.

            """);
        foreach (var room in options.GroupBy(option => option.First().DeclaringType!))
        {
            page.Append($"\n## Of {Owners(room.Key)}\n");
            foreach (var option in room)
            {
                var said = option.DistinctBy(p => p.DeclaringType).Select(p => (of: p.DeclaringType!, text: DocComments.Of(p))).ToArray();
                page.Append($"\n### {option.Key}\n\n{TypeName(option.First())}. {said[0].text}\n");
                foreach (var (of, text) in said.Skip(1).Where(other => other.text != said[0].text))
                    page.Append($"\nOf {Owners(of)}: {text}\n");
            }
        }
        page.Append("\n## Values\n");
        foreach (var type in options.Select(option => option.First().PropertyType).Where(type => type.IsEnum).Distinct())
        {
            page.Append($"\n### Values of {type.Name}\n\n");
            foreach (var value in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                page.Append($"- `{value.Name}`: {DocComments.Of(value)}\n");
        }
        return page.ToString();
    }

    private static string Row(string option, Func<(string optimizer, MatrixOptions defaults), string> cell) =>
        $"| {option} | {string.Join(" | ", Optimizers.Select(cell))} |\n";

    private static int Depth(Type type) => type.BaseType is { } above ? 1 + Depth(above) : 0;

    /// <summary>The optimizers whose options these are.</summary>
    private static string Owners(Type options) => Optimizers.Where(o => options.IsInstanceOfType(o.defaults)).ToArray() is var owners
        && owners.Length == Optimizers.Length ? "all" : string.Join(", ", owners.Select(o => $"`{o.optimizer}`"));

    /// <summary>As one would write it.</summary>
    private static string Value(object? value) => value switch
    {
        null => "none",
        bool truth => truth ? "true" : "false",
        double number => number.ToString("0.########", CultureInfo.InvariantCulture) is var plain && number is 0 or >= 1e-3 ? plain
            : number.ToString("0e-0", CultureInfo.InvariantCulture),
        long bytes when bytes % (1 << 30) == 0 => $"{bytes >> 30} GiB",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        ITuple pair => $"({string.Join(", ", Enumerable.Range(0, pair.Length).Select(i => Value(pair[i])))})",
        CoefficientTable => "`CoefficientTable.Shipped()`",
        _ => $"`{Named(value)}`",
    };

    /// <summary>The static member of its kind that it is, else how it is made.</summary>
    private static string Named(object value)
    {
        for (var type = value.GetType(); type is not null; type = type.BaseType)
            foreach (var member in type.GetProperties(BindingFlags.Public | BindingFlags.Static))
                if (Equals(member.GetValue(null), value))
                    return $"{type.Name}.{member.Name}";
        return $"new {value.GetType().FullName!.Split('.')[^1].Replace('+', '.')}()";
    }

    private static string TypeName(PropertyInfo property)
    {
        var nullable = new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
        var name = $"`{Name(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)}{(nullable ? "?" : "")}`";
        return property.PropertyType.IsEnum ? $"[{name}](#values-of-{property.PropertyType.Name.ToLowerInvariant()})" : name;
    }

    private static string Name(Type type) => type switch
    {
        { IsGenericType: true } when type.IsAssignableTo(typeof(ITuple)) => $"({Arguments(type)})",
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{Arguments(type)}>",
        _ => type.Name switch { "Double" => "double", "Int32" => "int", "Int64" => "long", "Boolean" => "bool", var name => name },
    };

    private static string Arguments(Type generic) => string.Join(", ", generic.GetGenericArguments().Select(Name));
}
