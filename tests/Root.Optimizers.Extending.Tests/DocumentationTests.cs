using System.Reflection;
using System.Xml.Linq;
using System.Xml.XPath;
using static TorchSharp.torch;

namespace Root.Optimizers.Extending.Tests;

/// <summary>What an editor shows of constructors and of <c>torch.optim</c>'s new members: the compiled documentation.</summary>
public class DocumentationTests
{
    private static readonly Dictionary<string, XElement> Members = XDocument
        .Load(Path.ChangeExtension(typeof(MatrixOptimizer).Assembly.Location, "xml")).Descendants("member")
        .ToDictionary(member => (string)member.Attribute("name")!);

    private static MethodInfo[] Factories =>
        typeof(TorchOptim).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly);

    [Fact]
    public void Every_constructor_and_factory_has_a_summary()
    {
        var types = typeof(MatrixOptimizer).Assembly.GetExportedTypes().Select(type => type.FullName!.Replace('+', '.'))
            .ToHashSet();
        var doors = Members.Keys.Where(name => name.StartsWith("M:Root.Optimizers.TorchOptim.")
            || (name.Split(".#ctor") is [var type, _] && types.Contains(type[2..]))).ToArray();
        Assert.InRange(doors.Length, 100, 1000); // seen: 135
        foreach (var door in doors)
            Assert.False(string.IsNullOrWhiteSpace(Resolve(door).Element("summary")?.Value), $"{door} has no summary.");
    }

    [Fact]
    public void Every_argument_of_an_optimizers_constructors_and_factories_is_described()
    {
        Type[] types = [typeof(RootOptimizer), typeof(Muon), typeof(ManifoldMuon), typeof(HypersphericalDescent), typeof(ModularDescent)];
        var doors = types.SelectMany(type => type.GetConstructors()).Cast<MethodBase>()
            .Concat(Factories).ToArray();
        Assert.Equal(72, doors.Length); // four optimizers with 8 + 8, one with 4 + 4
        foreach (var door in doors)
        {
            var described = Resolve(Name(door)).Elements("param").Where(p => p.Value.Length > 0).Select(p => (string?)p.Attribute("name"));
            Assert.Empty(door.GetParameters().Select(p => p.Name).Except(described).Select(name => $"{name} of {Name(door)}"));
        }
    }

    [Fact]
    public void Every_inherited_documentation_leads_to_another_member()
    {
        foreach (var name in Members.Keys) Resolve(name);
    }

    /// <summary>A call to torch.optim.Muon binds to a member of torch.optim, should there be one, and not to TorchOptim's.</summary>
    [Fact]
    public void TorchSharp_has_no_optimizer_of_these_names()
    {
        var own = Factories.Select(method => method.Name).Distinct().Order();
        Assert.Equal(["HypersphericalDescent", "ManifoldMuon", "ModularDescent", "Muon", "ROOT"], own);
        Assert.Empty(own.SelectMany(name => typeof(optim).GetMember(name)));
    }

    /// <summary>A member's documentation with what it inherits by cref; what it says itself goes first.</summary>
    private static XElement Resolve(string name, params string[] heirs)
    {
        Assert.True(Members.TryGetValue(name, out var member), $"{heirs.LastOrDefault()} inherits from {name}, which is not there.");
        Assert.False(heirs.Contains(name), $"{name} inherits from itself.");
        var resolved = new XElement("member", member.Elements().Where(e => e.Name != "inheritdoc"));
        foreach (var inherit in member.Elements("inheritdoc").Where(e => (string?)e.Attribute("cref") is { } c && c.Contains("Root.")))
        {
            var source = Resolve((string)inherit.Attribute("cref")!, [.. heirs, name]);
            var inherited = source.XPathSelectElements("." + ((string?)inherit.Attribute("path") ?? "/*"));
            resolved.Add(inherited.Where(e => !resolved.Elements(e.Name).Any(own => Key(own) == Key(e))).ToArray());
        }
        return resolved;
    }

    private static string Key(XElement element) => string.Join(' ', element.Attributes());

    /// <summary>The name of a method in the compiled documentation.</summary>
    private static string Name(MethodBase method)
    {
        var parameters = string.Join(',', method.GetParameters().Select(p => Name(p.ParameterType)));
        return $"M:{Name(method.DeclaringType!)}.{method.Name.Replace('.', '#')}({parameters})";
    }

    private static string Name(Type type)
    {
        var (arguments, used) = (type.GetGenericArguments(), 0);
        var name = type.IsGenericType ? type.GetGenericTypeDefinition().FullName! : type.FullName!;
        return string.Join('.', name.Split('+').Select(part =>
        {
            if (part.Split('`') is not [var bare, var count]) return part;
            var own = arguments[used..(used += int.Parse(count))];
            return $"{bare}{{{string.Join(',', own.Select(Name))}}}";
        }));
    }
}
