using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Root.Optimizers.Tests.Contract;

/// <summary>How TorchSharp names, keeps and replaces the parameters of a module.</summary>
public class ModuleContractTests
{
    [Fact]
    public void Fields_are_registered_in_order_and_by_their_component_name()
    {
        using var net = new Net();
        Assert.Equal(["free", "table.weight", "body.0.weight", "body.0.bias", "heads.0.weight"],
            net.named_parameters().Select(named => named.name));
        Assert.Equal(["mask"], net.named_buffers().Select(named => named.name));
        Assert.Equal(["table", "body", "heads", "body.0", "body.1", "heads.0"],
            net.named_modules().Select(named => named.name));
    }

    [Fact]
    public void Parameters_are_the_same_objects_each_time_and_tied_ones_come_once()
    {
        using var net = new Net();
        Assert.Equal(net.parameters(), net.parameters(), ReferenceEqualityComparer.Instance);
        using var tied = new Tied();
        Assert.Equal(["first.weight"], tied.named_parameters().Select(named => named.name));
    }

    [Fact]
    public void A_conversion_replaces_the_parameters_and_keeps_their_gradients()
    {
        using var net = new Net();
        var before = net.free;
        before.sum().backward();
        net.to(ScalarType.Float64);
        Assert.True(before.IsInvalid);
        Assert.Equal(ScalarType.Float64, net.free.dtype);
        using var grad = net.free.grad;
        Assert.Equal([1.0, 1.0], grad!.data<double>().ToArray());
        Assert.Same(net.free, net.parameters().First());
        Assert.Equal(ScalarType.Float64, net.mask.dtype);
    }

    [Fact]
    public void A_conversion_that_changes_nothing_keeps_the_objects()
    {
        using var net = new Net();
        var before = net.parameters().ToList();
        net.to(ScalarType.Float32);
        net.cpu();
        Assert.Equal(before, net.parameters(), ReferenceEqualityComparer.Instance);
    }

    [Fact]
    public void An_embeddings_weight_is_a_new_object_with_another_handle_at_each_get()
    {
        using var embedding = Embedding(4, 3);
        using var weight = embedding.weight;
        Assert.NotEqual(embedding.parameters().Single().Handle, weight!.Handle);
    }

    [Fact]
    public void Saved_and_loaded_it_is_the_same()
    {
        using var net = new Net();
        using var other = new Net();
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        net.save(writer);
        writer.Flush();
        Assert.Equal(6, stream.ToArray()[0]); // the count of entries
        stream.Position = 0;
        other.load(new BinaryReader(stream));
        foreach (var (name, value) in net.state_dict())
            Assert.Equal(value.data<float>().ToArray(), other.state_dict()[name].data<float>().ToArray());
    }

    [Fact]
    public void Loading_other_names_is_refused_if_strict()
    {
        using var net = new Net();
        Assert.Throws<InvalidOperationException>(() => net.load_state_dict([]));
        var (missing, unexpected) = net.load_state_dict(new() { ["free"] = zeros(2), ["x"] = zeros(1) }, strict: false);
        Assert.Equal(5, missing.Count);
        Assert.Equal(["x"], unexpected);
        Assert.Equal([0f, 0f], net.free.data<float>().ToArray());
    }

    [Fact]
    public void Training_goes_down_the_tree()
    {
        using var net = new Net();
        net.eval();
        Assert.All(net.modules(), module => Assert.False(module.training));
        net.train();
        Assert.All(net.modules(), module => Assert.True(module.training));
    }

    [Fact]
    public void Disposing_a_module_disposes_its_parameters()
    {
        var net = new Net();
        var parameters = net.parameters().ToList();
        net.Dispose();
        Assert.All(parameters, parameter => Assert.True(parameter.IsInvalid));
    }

    [Fact]
    public void A_parameter_takes_the_tensor_over()
    {
        using var scope = NewDisposeScope();
        var data = ones(2);
        var parameter = Parameter(data);
        Assert.True(data.IsInvalid);
        Assert.True(parameter.requires_grad && parameter.is_leaf);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void A_linear_layer_starts_from_the_same_numbers_by_the_same_seed()
    {
        manual_seed(2);
        using var layer = Linear(7, 5);
        Assert.Equal(0.0867013f, layer.weight.data<float>()[0, 0], 6);
        Assert.Equal(-0.207203f, layer.bias!.data<float>()[4], 6);
    }

    private sealed class Net : Module<Tensor, Tensor>
    {
        public Parameter free = Parameter(ones(2));
        public Tensor mask = ones(2);
        [ComponentName(Name = "table")]
        private readonly Embedding _table = Embedding(5, 2);
        private readonly Sequential body = Sequential(Linear(2, 2), GELU());
        private readonly ModuleList<Linear> heads = ModuleList(Linear(2, 3, hasBias: false));

        public Net() : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input) => heads[0].call(body.call(_table.call(input) * free * mask));
    }

    private sealed class Tied : Module<Tensor, Tensor>
    {
        private readonly Linear first = Linear(2, 2, hasBias: false);
        private readonly Linear second = Linear(2, 2, hasBias: false);

        public Tied() : base(nameof(Tied))
        {
            second.weight = first.weight;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => second.call(first.call(input));
    }
}
