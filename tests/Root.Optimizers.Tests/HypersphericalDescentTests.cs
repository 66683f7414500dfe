using Root.Optimizers.Tests.Manifolds;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

public class HypersphericalDescentTests
{
    [Fact]
    public void A_step_is_the_published_one()
    {
        var vectors = new Vectors("manifold");
        foreach (var item in vectors.Items)
        {
            var parameter = new Parameter(vectors[item + "/sphere_W"].OnDevice());
            using var optimizer = optim.HypersphericalDescent([parameter], lr: vectors[item + "/eta"].item<float>());
            Models.Gradient(parameter, vectors[item + "/sphere_G"]);
            optimizer.step();
            Close.To(vectors[item + "/sphere_new_W"], parameter.detach(), 1e-6, item); // observed 7e-9
        }
    }

    [Theory]
    [MemberData(nameof(SphereTests.Spheres), MemberType = typeof(SphereTests))]
    public void A_linear_function_is_driven_to_its_least(string name)
    {
        // min <B, W>: W = -B, every vector of unit length.
        random.manual_seed(1);
        var manifold = SphereTests.Named(name);
        var B = randn(7, 5).OnDevice();
        var parameter = Models.Parameter(7, 5);
        using var optimizer = optim.HypersphericalDescent([parameter], momentum: 0.5, manifold: manifold);
        var scheduler = optim.lr_scheduler.LambdaLR(optimizer, step => 4 * Math.Pow(0.96, step));
        for (var step = 0; step < 300; step++)
        {
            Models.Gradient(parameter, B);
            optimizer.step();
            scheduler.step();
            Assert.True(manifold.Distance(parameter.detach()) < 1e-6); // observed 2.4e-7
        }
        Close.To(-manifold.Nearest(B), parameter.detach(), 1e-3); // observed 4e-7
    }

    [Fact, Slow]
    public void Rosenbrock_on_the_sphere_reaches_its_minimum()
    {
        // sum 100 (y_{i+1} - y_i^2)^2 + (1 - y_i)^2 of y = sqrt(n) w: its minimum, y = 1, lies on the sphere.
        random.manual_seed(2);
        var parameter = new Parameter((rand(1, 4) + 0.5).OnDevice());
        using var optimizer = new HypersphericalDescent([parameter], lr: 0.02, new() { route = _ => Route.Matrix }); // else AdamW's
        var scheduler = optim.lr_scheduler.LambdaLR(optimizer, step => Math.Pow(0.995, step));
        for (var step = 0; step < 2000; step++)
        {
            optimizer.zero_grad();
            var y = parameter * 2;
            var (head, tail) = (y.narrow(1, 0, 3), y.narrow(1, 1, 3));
            ((tail - head * head).pow(2).sum() * 100 + (1 - head).pow(2).sum()).backward();
            optimizer.step();
            scheduler.step();
        }
        Close.To(full([1, 4], 0.5f), parameter.detach(), 1e-4); // observed 5e-7
    }

    [Fact]
    public void Only_spheres_are_taken()
    {
        foreach (var manifold in new[] { Manifold.Stiefel, Manifold.Euclidean })
            Assert.Contains("manifold", Assert.Throws<ArgumentException>(
                () => optim.HypersphericalDescent([Models.Parameter(2, 3)], manifold: manifold)).Message);
        Assert.Contains("manifold",
            Assert.Throws<ArgumentException>(() => new HypersphericalDescent([Models.Parameter(2, 3)],
            new HypersphericalDescent.Options { manifold_of = _ => Manifold.Stiefel })).Message);
    }
}
