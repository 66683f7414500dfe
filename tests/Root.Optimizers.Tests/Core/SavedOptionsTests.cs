using System.Reflection;
using System.Text.Json;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Modular;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Every option of every optimizer, found by reflection: a saved state holds it, or leaves it alone.</summary>
public class SavedOptionsTests
{
    /// <summary>No step is taken: all optimizers may share the parameters.</summary>
    private static readonly Linear Layer = nn.Linear(4, 6);

    private static readonly Dictionary<string, (Type options, Func<MatrixOptions, MatrixOptimizer> make)> Optimizers = new()
    {
        ["root"] = (typeof(RootOptimizer.Options), o => new RootOptimizer(Parameters(), (RootOptimizer.Options)o)),
        ["muon"] = (typeof(Muon.Options), o => new Muon(Parameters(), (Muon.Options)o)),
        ["manifold muon"] = (typeof(ManifoldMuon.Options), o => new ManifoldMuon(Parameters(), (ManifoldMuon.Options)o)),
        ["spheres"] = (typeof(HypersphericalDescent.Options),
            o => new HypersphericalDescent(Parameters(), (HypersphericalDescent.Options)o)),
        ["modular descent"] = (typeof(ModularDescent.Options), o =>
        {
            var model = nn.Sequential(Layer);
            return new ModularDescent(model, ModularBudget.FromSequential(model), (ModularDescent.Options)o);
        }),
    };

    public static TheoryData<string, string, string> Cases => new(
        from optimizer in Optimizers
        from property in optimizer.Value.options.GetProperties()
        where property.CanWrite && property.Name != "InitialLearningRate"
            // Its budget is an argument of its own.
            && (optimizer.Key, property.Name) != ("modular descent", "budget")
            // A matrix alone has no batch.
            && property.Name != "batch_dims"
            // It decides what buffers there are, and a state of others is refused.
            && property.Name != "normuon_beta2"
        from way in new[] { "stream", "dictionary" }
        select (optimizer.Key, property.Name, way));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_saved_state_holds_the_option_or_leaves_it_alone(string name, string option, string way)
    {
        var (type, make) = Optimizers[name];
        var property = type.GetProperty(option)!;
        using var usual = make((MatrixOptions)Activator.CreateInstance(type)!);
        var changed = (MatrixOptions)Activator.CreateInstance(type)!;
        property.SetValue(changed, Other(property, property.GetValue(OptionsOf(usual))));
        using var source = make(changed);
        var given = Text(property.GetValue(OptionsOf(source)));
        var before = Text(property.GetValue(OptionsOf(usual)));
        Assert.NotEqual(given, before);

        if (way == "stream") Saving.Load(usual, Saving.Bytes(source));
        else usual.load_state_dict(source.state_dict());
        Assert.Equal(property.GetCustomAttribute<NotSavedAttribute>() is not null ? before : given,
            Text(property.GetValue(OptionsOf(usual))));
    }

    private static Parameter[] Parameters() => [Layer.weight, Layer.bias!];

    private static MatrixOptions OptionsOf(MatrixOptimizer optimizer) => optimizer.Groups[0].Options;

    /// <summary>A legal value that is not the present one.</summary>
    private static object Other(PropertyInfo property, object? present) =>
        (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
    {
        var t when t == typeof(double) => present is double d && d is > 0 and < 1 ? d / 2 : 0.25,
        var t when t == typeof(bool) => !((bool?)present ?? false),
        var t when t == typeof(int) => ((int?)present ?? 3) + 1,
        var t when t == typeof(long) => (long)present! + 1,
        var t when t.IsEnum => Enum.GetValues(t).Cast<object>().First(v => !v.Equals(present)),
        var t when t == typeof((double, double)) => (0.5, 0.6),
        var t when t == typeof(Manifold) => Manifold.UnitColumns,
        var t when t == typeof(StiefelSolver) => new StiefelSolver.DualAscent(0.02, 7, 1e-4, Precision.Float32),
        var t when t == typeof(Coefficients) => present is CoefficientTable ? Learned()
            : Coefficients.Fixed(PublishedSchedules.PolarExpress(6)),
        var t when t == typeof(ILearningRateShares) => ModularBudget.FromSequential(nn.Sequential(Layer)),
        var t when t == typeof(Func<RoutedParameter, Route>) => (Func<RoutedParameter, Route>)(p => p.Route),
        var t when t == typeof(Split) => Split.Into(2),
        var t when t == typeof(Func<RoutedParameter, Split>) => (Func<RoutedParameter, Split>)(_ => Split.ColumnsInto(2)),
        var t when t == typeof(Func<RoutedParameter, int>) => (Func<RoutedParameter, int>)(_ => 0),
        var t when t == typeof(Func<RoutedParameter, Manifold>) => (Func<RoutedParameter, Manifold>)(_ => Manifold.Sphere),
        var t => throw new NotSupportedException($"{property.Name} is of type {t}: say here what else it can be."),
    };

    private static CoefficientTable Learned()
    {
        var table = CoefficientTable.Shipped();
        table.Set(6, 4, new(MinimaxFamily.Bank(4)[7], 0.01, 5));
        return table;
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        Coefficients coefficients => JsonSerializer.Serialize(coefficients),
        Delegate => "a function",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        var other => other.ToString()!,
    };
}
