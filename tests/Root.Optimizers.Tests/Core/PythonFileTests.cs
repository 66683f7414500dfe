using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Core.State;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Files as docs/python.md's <c>write</c> makes them, of what torch.optim keeps.</summary>
public class PythonFileTests
{
    /// <summary>Escapes what JSON asks for, and no more.</summary>
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Names = ["w.weight", "w.bias", "v.weight"];

    private static (string name, Parameter parameter)[] Fresh()
    {
        random.manual_seed(21);
        return [.. Names.Select(name => (name, name.EndsWith("bias") ? Models.Parameter(5) : Models.Parameter(6, 8)))];
    }

    private static (string name, Parameter parameter)[] Copy((string name, Parameter parameter)[] named) =>
        [.. named.Select(p => (p.name, new Parameter(p.parameter.detach().clone())))];

    private static MatrixOptimizer Make(string kind, (string, Parameter)[] named) => kind switch
    {
        "Muon" => new Muon(named, new Muon.Options { LearningRate = 0.02, precision = Precision.Float32 }),
        // Muon with a heavy ball in the place of the average.
        "RootOptimizer" => new RootOptimizer(named, new RootOptimizer.Options
        {
            LearningRate = 0.02, precision = Precision.Float32, lr_scale = LrScale.KellerJordan, ns_steps = 5,
            outlier_quantile = 1, learn_coefficients = false, coefficients = Coefficients.Muon,
        }),
        _ => throw new ArgumentException(kind),
    };

    private static void Step(MatrixOptimizer optimizer, int seed)
    {
        random.manual_seed(seed);
        Models.RandomGradients(optimizer.parameters());
        optimizer.step();
    }

    private static IEnumerable<ParameterState> States(MatrixOptimizer optimizer) => optimizer.Slots.Select(slot => slot.Kept);

    /// <summary>The file of a run's state, whose momentum is multiplied on the way.</summary>
    private static byte[] Written(string kind, MatrixOptimizer run, double factor = 1, ScalarType type = ScalarType.Float32)
    {
        var tensors = run.Slots.SelectMany(slot => slot.Kept.Named.Select(buffer => ($"{slot.Routed.Name}.{buffer.name}",
            buffer.name == StateBuffer.MomentumName ? (buffer.tensor * factor).to(type) : buffer.tensor)));
        var parameters = run.Slots.Select(slot => new
        {
            slot.Routed.Name, Shape = slot.Parameter.shape, Route = $"{slot.Routed.Route}", Step = slot.Kept.step,
            Idle = Array.Empty<float>(),
        });
        // In some order: Python's is that of a hash table.
        return Signed(SaveFile(tensors, [("groups", "[{}]"), ("optimizer", kind), ("checksum", new string('0', 64)), ("version", "1"),
            ("parameters", JsonSerializer.Serialize(parameters)), ("format", "Root.Optimizers")]));
    }

    /// <summary>Byte by byte what safetensors.torch.save_file writes: metadata first, tensors by type (the widest first) and then by
    /// name, spaces up to a multiple of eight.</summary>
    private static byte[] SaveFile(IEnumerable<(string name, Tensor tensor)> tensors, (string key, string value)[] metadata)
    {
        static string Quoted(string text) => JsonSerializer.Serialize(text, Plain);
        var entries = new List<string>
        {
            $"\"__metadata__\":{{{string.Join(",", metadata.Select(entry => $"{Quoted(entry.key)}:{Quoted(entry.value)}"))}}}",
        };
        var data = new List<byte>();
        foreach (var (name, tensor) in tensors.OrderByDescending(t => t.tensor.ElementSize).ThenBy(t => t.name, StringComparer.Ordinal))
        {
            var bytes = tensor.cpu().contiguous().bytes;
            var type = tensor.dtype == ScalarType.BFloat16 ? "BF16" : "F32";
            entries.Add($"{Quoted(name)}:{{\"dtype\":\"{type}\",\"shape\":[{string.Join(",", tensor.shape)}],"
                + $"\"data_offsets\":[{data.Count},{data.Count + bytes.Length}]}}");
            data.AddRange(bytes);
        }
        var header = Encoding.UTF8.GetBytes($"{{{string.Join(",", entries)}}}");
        var padded = (header.Length + 7) / 8 * 8;
        var file = new byte[8 + padded];
        BinaryPrimitives.WriteInt64LittleEndian(file, padded);
        file.AsSpan(8).Fill((byte)' ');
        header.CopyTo(file.AsSpan(8));
        return [.. file, .. data];
    }

    private static byte[] Signed(byte[] file)
    {
        var place = file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(new string('0', 64)));
        Encoding.UTF8.GetBytes(Convert.ToHexStringLower(SHA256.HashData(file.AsSpan(8)))).CopyTo(file.AsSpan(place));
        return file;
    }

    [Theory]
    [InlineData("Muon")]
    [InlineData("RootOptimizer")]
    public void A_run_goes_on_from_the_file_that_Python_writes(string kind)
    {
        var here = Fresh();
        using var run = Make(kind, here);
        for (var step = 1; step <= 3; step++) Step(run, step);
        var there = Copy(here);
        using var resumed = Make(kind, there);
        var report = Saving.LoadFile(resumed, Written(kind, run));
        Assert.Empty(report.Missing.Concat(report.Unused).Concat(report.Cast).Concat(report.UnknownOptions));
        for (var step = 4; step <= 6; step++) { Step(run, step); Step(resumed, step); }
        foreach (var (mine, theirs) in here.Zip(there)) Close.Exactly(mine.parameter.detach(), theirs.parameter.detach());
        Assert.All(States(resumed), state => Assert.Equal(6, state.step));
    }

    [Fact]
    public void The_average_is_a_share_of_the_heavy_ball_from_the_first_step_on()
    {
        using var average = Make("Muon", Fresh());
        using var ball = Make("RootOptimizer", Fresh());
        for (var step = 1; step <= 12; step++)
        {
            Step(average, step);
            Step(ball, step);
            foreach (var (A, M) in States(average).OfType<MatrixState>().Zip(States(ball).OfType<MatrixState>()))
                Close.To(A.momentum_buffer / A.momentum_buffer.abs().max(), (1 - 0.95) * M.momentum_buffer / A.momentum_buffer.abs().max(),
                    1e-6, $"step {step}"); // observed 1.5e-7
        }
    }

    [Theory]
    [InlineData("Muon", "RootOptimizer", 1 / (1 - 0.95))]
    [InlineData("RootOptimizer", "Muon", 1 - 0.95)]
    public void A_run_goes_on_with_the_other_momentum(string from, string to, double factor)
    {
        var here = Fresh();
        using var run = Make(from, here);
        for (var step = 1; step <= 3; step++) Step(run, step);
        var there = Copy(here);
        using var resumed = Make(to, there);
        Saving.LoadFile(resumed, Written(to, run, factor));
        for (var step = 4; step <= 6; step++) { Step(run, step); Step(resumed, step); }
        foreach (var (mine, theirs) in here.Zip(there))
            Close.To(mine.parameter.detach(), theirs.parameter.detach(), 5e-6, mine.name); // observed 1.2e-7
    }

    [Fact]
    public void Momenta_in_bfloat16_are_cast_and_told()
    {
        using var run = Make("Muon", Fresh());
        Step(run, 1);
        using var resumed = Make("Muon", Fresh());
        var report = Saving.LoadFile(resumed, Written("Muon", run, type: ScalarType.BFloat16));
        Assert.Equal(["w.weight.momentum_buffer: BFloat16 to Float32", "v.weight.momentum_buffer: BFloat16 to Float32"], report.Cast);
    }
}
