using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Root.Optimizers.Tests.Contract;

/// <summary>How TorchSharp names, keeps and replaces the parameters of a module.</summary>
public class ModuleContractTests
{
    [Fact]
    public void Parameters_are_the_same_objects_each_time_and_are_named_by_their_path()
    {
        using var model = Sequential(("table", Embedding(4, 3)), ("head", Linear(3, 4)));
        Assert.Equal(model.parameters(), model.parameters(), ReferenceEqualityComparer.Instance);
        Assert.Equal(["table.weight", "head.weight", "head.bias"], model.named_parameters().Select(named => named.name));
        Assert.Equal(["table", "head"], model.named_modules().Select(named => named.name));
    }

    [Fact]
    public void A_conversion_replaces_the_parameters_with_their_gradients_unless_it_changes_nothing()
    {
        using var model = Linear(2, 1, hasBias: false);
        var before = model.weight;
        before.sum().backward();
        model.to(ScalarType.Float32).cpu();
        Assert.Same(before, model.parameters().Single());
        model.to(ScalarType.Float64);
        Assert.True(before.IsInvalid);
        Assert.Same(model.weight, model.parameters().Single());
        using var grad = model.weight.grad!;
        Assert.Equal([1.0, 1.0], grad.data<double>().ToArray());
    }

    /// <summary>So a tied head and its embedding are two objects, which Candidate knows to be one tensor.</summary>
    [Fact]
    public void An_embeddings_weight_is_a_new_wrapper_at_each_get_through_which_the_tensor_is_set()
    {
        using var embedding = Embedding(4, 3);
        using var weight = embedding.weight!;
        using var again = embedding.weight!;
        var parameter = embedding.parameters().Single();
        Assert.Equal(3, new[] { parameter.Handle, weight.Handle, again.Handle }.Distinct().Count());
        weight.requires_grad = false;
        Assert.False(parameter.requires_grad);
    }
}
