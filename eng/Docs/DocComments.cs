using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Root.Optimizers;

namespace Docs;

/// <summary>The compiled documentation, as Markdown.</summary>
internal static partial class DocComments
{
    private static readonly Dictionary<string, XElement> Members = XDocument
        .Load(Path.ChangeExtension(typeof(MatrixOptimizer).Assembly.Location, "xml")).Descendants("member")
        .ToDictionary(member => (string)member.Attribute("name")!);

    /// <summary>What is said of a property.</summary>
    public static string Of(PropertyInfo property) => Summary('P', property);

    /// <summary>What is said of a value of an enum.</summary>
    public static string Of(FieldInfo value) => Summary('F', value);

    private static string Summary(char kind, MemberInfo member)
    {
        var summary = Members[$"{kind}:{member.DeclaringType!.FullName!.Replace('+', '.')}.{member.Name}"].Element("summary")!;
        return Pages().Replace(Markdown(summary), "[$1](${1}.md)").Replace(" \n", "\n").Replace("\n ", "\n");
    }

    private static string Markdown(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => Spaces().Replace(text.Value, " ").Replace("<", "\\<"),
        XElement { Name.LocalName: "see" } see when see.Attribute("cref") is { } cref => $"`{Short(cref.Value)}`",
        XElement { Name.LocalName: "see" } see => $"`{(string?)see.Attribute("langword")}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "code" } block => $"\n\n```text\n{Dedent(block.Value)}\n```\n\n",
        _ => throw new NotSupportedException($"{node} is not known here: add how it is written in Markdown."),
    })).Trim();

    /// <summary>Type.Member of a reference; the members of options by their name alone, as one writes them.</summary>
    private static string Short(string cref)
    {
        var names = cref[2..].Split('(')[0].Split('.').Select(name => name.Split('`')[0]).ToArray();
        return cref[0] == 'T' || names[^2].EndsWith("Options", StringComparison.Ordinal) ? names[^1] : $"{names[^2]}.{names[^1]}";
    }

    private static string Dedent(string block)
    {
        var lines = block.Trim('\n', ' ').Split('\n');
        return string.Join('\n', lines.Select(line => line.Trim()));
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"docs/((?:\w|[/-])+)\.md")]
    private static partial Regex Pages();
}
