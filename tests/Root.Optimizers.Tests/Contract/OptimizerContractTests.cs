using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What this library takes from TorchSharp's base of optimizers and from AdamW.</summary>
public class OptimizerContractTests
{
    [Fact]
    public void The_closure_runs_with_gradients_and_the_body_without_and_in_a_scope_of_its_own()
    {
        using var probe = new Probe();
        using var loss = probe.step(() =>
        {
            probe.ClosureGrad = is_grad_enabled();
            return ones(1);
        });
        Assert.True(probe.ClosureGrad);
        Assert.False(probe.BodyGrad);
        Assert.True(probe.MadeInBody!.IsInvalid);
        Assert.False(loss!.IsInvalid);
    }

    [Fact]
    public void State_is_kept_by_the_parameters_handle()
    {
        using var probe = new Probe();
        var dictionary = probe.state_dict();
        Assert.Single(dictionary.Options);
        Assert.Equal(2, dictionary.State.Count);
        Assert.Equal([[0, 1]], dictionary.StateIndexRef);
        Assert.Equal(probe.parameters(), probe.ParamGroups.Cast<ParamGroup>().SelectMany(group => group.Parameters));
    }

    [Fact]
    public void A_file_starts_with_the_name_of_the_class_and_the_counts()
    {
        using var probe = new Probe();
        var bytes = Save(probe);
        Assert.Equal([5, .. "Probe"u8, 1, 2], bytes[..8]);
        Assert.Equal(BitConverter.GetBytes(0.5), bytes[8..16]); // the initial rate, then the present one
        Assert.Equal(BitConverter.GetBytes(0.25), bytes[16..24]);
        Assert.Equal(24 + 2, bytes.Length);
    }

    [Fact]
    public void A_file_of_another_class_or_of_other_counts_is_refused()
    {
        using var probe = new Probe();
        using var adam = optim.AdamW([nn.Parameter(zeros(2))]);
        var bytes = Save(adam);
        Assert.Throws<InvalidDataException>(() => probe.load_state_dict(Reader(bytes)));
        using var other = optim.AdamW([nn.Parameter(zeros(2)), nn.Parameter(zeros(2))]);
        Assert.Throws<ArgumentException>(() => other.load_state_dict(Reader(bytes)));
        Assert.Throws<EndOfStreamException>(() => adam.load_state_dict(Reader(bytes[..^3])));
    }

    [Fact]
    public void AdamW_decays_first_and_counts_eps_outside_the_root()
    {
        var parameter = nn.Parameter(tensor(new[] { 1f, -2f }));
        using var adam = optim.AdamW([parameter], lr: 0.1, weight_decay: 0.5);
        (parameter * tensor(new[] { 3f, 4f })).sum().backward();
        adam.step();
        // The first step is the sign of the gradient, whatever its size.
        Assert.Equal([0.95f - 0.1f, -1.9f - 0.1f], parameter.data<float>().ToArray(), Close);
    }

    [Fact]
    public void AdamW_resumes_to_the_same_bits()
    {
        var first = nn.Parameter(arange(6, dtype: ScalarType.Float32).reshape(2, 3));
        using var adam = optim.AdamW([first], lr: 0.1, weight_decay: 0.1);
        Step(adam, first);
        var second = nn.Parameter(first.detach().clone());
        using var copy = optim.AdamW([second]);
        copy.load_state_dict(Reader(Save(adam)));
        Step(adam, first);
        Step(copy, second);
        Assert.Equal(first.data<float>().ToArray(), second.data<float>().ToArray());
    }

    [Fact]
    public void Groups_take_what_they_do_not_set_from_the_defaults()
    {
        using var sgd = new SGD([new SGD.ParamGroup { Parameters = [nn.Parameter(zeros(1))] }], 0.25, momentum: 0.5);
        sgd.add_param_group(new SGD.ParamGroup([nn.Parameter(zeros(1))], lr: 0.125));
        Assert.Equal([0.25, 0.125], sgd.ParamGroups.Select(group => group.LearningRate));
        Assert.Equal([0.25, 0.125], sgd.ParamGroups.Select(group => group.InitialLearningRate));
        Assert.Equal(0.5, sgd.Momentum);
    }

    [Fact]
    public void Zero_grad_fills_with_zeros_and_keeps_the_gradient()
    {
        using var probe = new Probe();
        var parameter = probe.parameters().First();
        parameter.sum().backward();
        probe.zero_grad();
        using var grad = parameter.grad;
        Assert.Equal([0f, 0f], grad!.data<float>().ToArray());
    }

    private static void Step(OptimizerHelper optimizer, Parameter parameter)
    {
        optimizer.zero_grad();
        (parameter * parameter).sum().backward();
        optimizer.step();
    }

    private static bool Close(float expected, float actual) => Math.Abs(expected - actual) < 1e-6; // seen: 1.2e-7

    private static byte[] Save(OptimizerHelper optimizer)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        optimizer.save_state_dict(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static BinaryReader Reader(byte[] bytes) => new(new MemoryStream(bytes));

    private sealed class Probe : OptimizerHelper
    {
        public Probe()
        {
            var group = new ParamGroup<OptimizerOptions>([nn.Parameter(ones(2)), nn.Parameter(ones(3))],
                new OptimizerOptions { InitialLearningRate = 0.5, LearningRate = 0.25 });
            _parameter_groups = [group];
            foreach (var parameter in group.Parameters) _state[parameter.Handle] = new State(parameter);
        }

        public bool ClosureGrad { get; set; }

        public bool BodyGrad { get; private set; }

        public Tensor? MadeInBody { get; private set; }

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(_ =>
        {
            BodyGrad = is_grad_enabled();
            MadeInBody = zeros(1);
        }, closure);

        private sealed class State(Parameter parameter) : OptimizerState(parameter)
        {
            public override void Initialize(OptimizerOptions options)
            {
            }

            public override void SaveStateDict(BinaryWriter writer) => SaveConditionalStateTensor(writer, null);

            public override void LoadStateDict(BinaryReader reader) => reader.ReadBoolean();

            public override void LoadStateDict(OptimizerState source)
            {
            }
        }
    }
}
