using Root.Optimizers.Manifolds;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

public class SphereTests
{
    [Fact]
    public void A_step_agrees_with_the_published_program()
    {
        var vectors = new Vectors("manifold");
        var dims = Sphere.Dimensions(Manifold.Sphere);
        foreach (var item in vectors.Items)
        {
            var (W, G) = (vectors[item + "/sphere_W"].OnDevice().unsqueeze(0),
                vectors[item + "/sphere_G"].OnDevice().unsqueeze(0));
            var stepped = Sphere.Retract(W, Sphere.Direction(W, G, dims), vectors[item + "/eta"].item<float>(), dims);
            Close.To(vectors[item + "/sphere_new_W"], stepped[0], 1e-6, item); // observed 7e-9
        }
    }

    [Theory]
    [InlineData(Manifold.Sphere)]
    [InlineData(Manifold.UnitRows)]
    [InlineData(Manifold.UnitColumns)]
    public void Directions_are_unit_and_tangent_and_steps_stay(Manifold manifold)
    {
        random.manual_seed(1);
        var dims = Sphere.Dimensions(manifold);
        var W = Sphere.Project(randn(2, 9, 5).OnDevice(), dims);
        foreach (var scale in new[] { 1e-20, 1, 1e15 })
        {
            var G = randn(2, 9, 5).OnDevice() * scale;
            var A = Sphere.Direction(W, G, dims);
            Assert.True((W * A).sum(dims).abs().max().item<float>() < 1e-6); // observed 2e-7
            Assert.True(Sphere.Distance(A, dims) < 1e-6); // observed 2.4e-7
            W = Sphere.Retract(W, A, 0.7, dims);
            Assert.True(Sphere.Distance(W, dims) < 1e-6); // observed 3.6e-7
        }
        foreach (var normal in new[] { zeros_like(W), W, -1e6 * W })
        {
            var A = Sphere.Direction(W, normal, dims);
            Assert.Equal(0, A.abs().max().item<float>());
            Close.To(W, Sphere.Retract(W, A, 0.7, dims), 1e-6);
        }
    }

    [Fact]
    public void Zero_vectors_find_a_place()
    {
        var dims = Sphere.Dimensions(Manifold.UnitRows);
        var W = randn(1, 3, 4).OnDevice();
        W[0, 1] = 0;
        Assert.True(Sphere.Distance(Sphere.Project(W, dims), dims) < 1e-6);
        Assert.Throws<ArgumentException>(() => Sphere.Dimensions(Manifold.Stiefel));
    }
}
