using Root.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CharGpt;

/// <summary>
/// A decoder-only transformer over bytes: pre-norm blocks, causal attention. Positions enter as a bias on attention
/// that falls with distance (ALiBi: Press, Smith and Lewis, ICLR 2022). With learned position embeddings the first
/// few hundred steps pass before attention finds the neighbouring bytes; so short a run is mostly that.
/// </summary>
public sealed class Gpt : Module<Tensor, Tensor>
{
    private readonly Embedding token_embedding;
    private readonly ModuleList<Block> blocks;
    private readonly LayerNorm norm;

    // By this name RootOptimizer knows an output head, which it leaves to AdamW as it does embeddings.
    private readonly Linear? lm_head;

    public Gpt(GptOptions options)
        : base(nameof(Gpt))
    {
        Options = options;
        token_embedding = Embedding(GptOptions.Vocabulary, options.Width);
        blocks = [.. Enumerable.Range(0, options.Layers).Select(_ => new Block(options))];
        norm = LayerNorm(options.Width);
        lm_head = options.Tied ? null : Linear(options.Width, GptOptions.Vocabulary, hasBias: false);
        RegisterComponents();
        Initialize();
    }

    public GptOptions Options { get; }

    /// <summary>How many parameters a model of these options has; as a double, because options can be of any size.</summary>
    public static double ParameterCount(GptOptions options)
    {
        double width = options.Width;
        var block = 12 * width * width + 4 * width; // attention has 4 width^2, the MLP 8, two norms have 4 width
        return options.Layers * block + width * ((options.Tied ? 1 : 2) * GptOptions.Vocabulary + 2);
    }

    /// <summary>Logits (batch, time, 256) of the next byte, from bytes (batch, time) as integers.</summary>
    public override Tensor forward(Tensor bytes)
    {
        var x = norm.forward(Blocks(bytes));
        return lm_head is null ? functional.linear(x, token_embedding.weight!) : lm_head.forward(x);
    }

    /// <summary>The largest attention logit of each head, (layers, heads), in sequences (batch, time) of bytes: q k / sqrt(size),
    /// without the distance bias, which no weights make.</summary>
    public Tensor LargestLogits(Tensor bytes)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var largest = new List<Tensor>();
        Blocks(bytes, (block, x, bias) => largest.Add(block.LargestLogits(x, bias)));
        return stack(largest).MoveToOuterDisposeScope();
    }

    /// <summary>QK-clip: scales the queries and keys of each head whose largest logit is above the threshold.</summary>
    /// <param name="largest">What <see cref="LargestLogits"/> returns.</param>
    public void ClipLogits(Tensor largest, double threshold)
    {
        using var scope = NewDisposeScope();
        foreach (var (block, its) in blocks.Zip(largest.unbind()))
        {
            block.ClipLogits(its, threshold);
        }
    }

    // What leaves the last block.
    private Tensor Blocks(Tensor bytes, Action<Block, Tensor, Tensor>? enter = null)
    {
        var bias = DistanceBias(bytes.shape[1], bytes.device);
        var x = token_embedding.forward(bytes);
        foreach (var block in blocks)
        {
            enter?.Invoke(block, x, bias);
            x = block.forward(x, bias);
        }

        return x;
    }

    // (heads, time, time): minus infinity above the diagonal, below it -slope (i - j), where the heads' slopes are
    // 2^(-8/heads), 2^(-16/heads), ..., 2^-8.
    private Tensor DistanceBias(long time, Device device)
    {
        var position = arange(time, dtype: float32, device: device);
        var distance = position.unsqueeze(1) - position;
        var exponents = arange(1, Options.Heads + 1, dtype: float32, device: device) * (-8.0 / Options.Heads);
        var slopes = exponents.exp2().view(-1, 1, 1);
        return (-slopes * distance).masked_fill(distance < 0, double.NegativeInfinity);
    }

    // GPT-2's: normal of deviation 0.02, and less by sqrt(2 layers) where a matrix writes into the residual stream,
    // so that the stream's variance does not grow with depth.
    private void Initialize()
    {
        using var _ = no_grad();
        var residual = 0.02 / Math.Sqrt(2 * Options.Layers);
        foreach (var (name, parameter) in named_parameters().Where(p => p.parameter.dim() == 2))
        {
            init.normal_(parameter, 0, name.EndsWith("proj.weight", StringComparison.Ordinal) ? residual : 0.02);
        }
    }
}

internal sealed class Block : Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm attention_norm;
    private readonly CausalAttention attention;
    private readonly LayerNorm mlp_norm;
    private readonly Mlp mlp;

    public Block(GptOptions options)
        : base(nameof(Block))
    {
        attention_norm = LayerNorm(options.Width);
        attention = new CausalAttention(options);
        mlp_norm = LayerNorm(options.Width);
        mlp = new Mlp(options.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor bias)
    {
        x = x + attention.forward(attention_norm.forward(x), bias);
        return x + mlp.forward(mlp_norm.forward(x));
    }

    public Tensor LargestLogits(Tensor x, Tensor bias) => attention.LargestLogits(attention_norm.forward(x), bias);

    public void ClipLogits(Tensor largest, double threshold) => attention.ClipLogits(largest, threshold);
}

internal sealed class CausalAttention : Module<Tensor, Tensor, Tensor>
{
    private readonly int heads;
    private readonly Linear qkv;
    private readonly Linear proj;

    public CausalAttention(GptOptions options)
        : base(nameof(CausalAttention))
    {
        heads = options.Heads;
        qkv = Linear(options.Width, 3 * options.Width, hasBias: false);
        proj = Linear(options.Width, options.Width, hasBias: false);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor bias)
    {
        var parts = Parts(x);
        var y = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], bias);
        return proj.forward(y.transpose(1, 2).reshape(x.shape));
    }

    // (heads), over the pairs that attention sees.
    public Tensor LargestLogits(Tensor x, Tensor bias)
    {
        var parts = Parts(x);
        var logits = parts[0].matmul(parts[1].mT) / Math.Sqrt(parts[0].shape[^1]);
        return logits.masked_fill(bias.isinf(), double.NegativeInfinity).amax([0, 2, 3]);
    }

    public void ClipLogits(Tensor largest, double threshold)
    {
        using var scope = NewDisposeScope();
        var weights = qkv.weight!.detach().chunk(3);
        QkClip.Apply(weights[0], weights[1], largest, threshold);
    }

    // Queries, keys and values: each (batch, heads, time, size).
    private Tensor[] Parts(Tensor x) =>
        qkv.forward(x).view(x.shape[0], x.shape[1], 3, heads, x.shape[2] / heads).permute(2, 0, 3, 1, 4).unbind();
}

internal sealed class Mlp : Module<Tensor, Tensor>
{
    private readonly Linear expand;
    private readonly Linear proj;

    public Mlp(int width)
        : base(nameof(Mlp))
    {
        expand = Linear(width, 4 * width, hasBias: false);
        proj = Linear(4 * width, width, hasBias: false);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => proj.forward(functional.gelu(expand.forward(x)));
}
