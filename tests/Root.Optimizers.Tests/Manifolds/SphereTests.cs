using Root.Optimizers.Manifolds;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

public class SphereTests
{
    public static TheoryData<string> Spheres => ["Sphere", "UnitRows", "UnitColumns"];

    internal static Sphere Named(string name) => (Sphere)typeof(Manifold).GetProperty(name)!.GetValue(null)!;

    /// <summary>The dimensions of (b, m, n) that make one vector.</summary>
    private static long[] Dimensions(string name) => name switch { "Sphere" => [-2, -1], "UnitRows" => [-1], _ => [-2] };

    [Fact]
    public void A_step_agrees_with_the_published_program()
    {
        var vectors = new Vectors("manifold");
        var sphere = Named("Sphere");
        foreach (var item in vectors.Items)
        {
            var (W, G) = (vectors[item + "/sphere_W"].OnDevice().unsqueeze(0),
                vectors[item + "/sphere_G"].OnDevice().unsqueeze(0));
            var stepped = sphere.Retract(W, sphere.Direction(W, G), vectors[item + "/eta"].item<float>());
            Close.To(vectors[item + "/sphere_new_W"], stepped[0], 1e-6, item); // observed 7e-9
        }
    }

    [Theory]
    [MemberData(nameof(Spheres))]
    public void Directions_are_unit_and_tangent_and_steps_stay(string name)
    {
        random.manual_seed(1);
        var sphere = Named(name);
        var W = sphere.Nearest(randn(2, 9, 5).OnDevice());
        foreach (var scale in new[] { 1e-20, 1, 1e15 })
        {
            var G = randn(2, 9, 5).OnDevice() * scale;
            var A = sphere.Direction(W, G);
            Assert.True((W * A).sum(Dimensions(name)).abs().max().item<float>() < 1e-6); // observed 2e-7
            Assert.True(sphere.Distance(A) < 1e-6); // observed 2.4e-7
            W = sphere.Retract(W, A, 0.7);
            Assert.True(sphere.Distance(W) < 1e-6); // observed 3.6e-7
        }
        foreach (var normal in new[] { zeros_like(W), W, -1e6 * W })
        {
            var A = sphere.Direction(W, normal);
            Assert.Equal(0, A.abs().max().item<float>());
            Close.To(W, sphere.Retract(W, A, 0.7), 1e-6);
        }
    }

    [Fact]
    public void Zero_vectors_find_a_place()
    {
        var W = randn(1, 3, 4).OnDevice();
        W[0, 1] = 0;
        Assert.True(Manifold.UnitRows.Distance(Manifold.UnitRows.Nearest(W)) < 1e-6);
    }
}
