using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ImageClassifier;

/// <summary>The shape of the model.</summary>
public sealed record VitOptions(
    int Side, int Channels, int Classes, int Patch = 7, int Width = 64, int Layers = 4, int Heads = 4);

/// <summary>
/// A small vision transformer (Dosovitskiy et al., ICLR 2021): an image is cut into patches, each a token; pre-norm
/// blocks of attention over all of them; the mean of the tokens is classified.
/// </summary>
public sealed class Vit : Module<Tensor, Tensor>
{
    private readonly VitOptions options;
    private readonly Linear patches;

    // By its name RootOptimizer takes it for an embedding, which it leaves to AdamW.
    private readonly Parameter position_embedding;
    private readonly ModuleList<Block> blocks;
    private readonly LayerNorm norm;
    private readonly Linear head;

    public Vit(VitOptions options)
        : base(nameof(Vit))
    {
        this.options = options;
        var along = options.Side / options.Patch;
        patches = Linear(options.Channels * options.Patch * options.Patch, options.Width);
        position_embedding = new Parameter(randn(along * along, options.Width).mul_(0.02));
        blocks = [.. Enumerable.Range(0, options.Layers).Select(_ => new Block(options.Width, options.Heads))];
        norm = LayerNorm(options.Width);
        head = Linear(options.Width, options.Classes);
        RegisterComponents();
    }

    /// <summary>Logits (batch, classes) of images (batch, channels * side * side).</summary>
    public override Tensor forward(Tensor images)
    {
        var (along, patch) = (options.Side / options.Patch, options.Patch);
        var tokens = images.view(-1, options.Channels, along, patch, along, patch).permute(0, 2, 4, 1, 3, 5)
            .reshape(images.shape[0], along * along, -1);
        var x = patches.forward(tokens) + position_embedding;
        foreach (var block in blocks)
        {
            x = block.forward(x);
        }

        return head.forward(norm.forward(x).mean([1]));
    }
}

internal sealed class Block : Module<Tensor, Tensor>
{
    private readonly int heads;
    private readonly LayerNorm attention_norm;
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly LayerNorm mlp_norm;
    private readonly Linear expand;
    private readonly Linear contract;

    public Block(int width, int heads)
        : base(nameof(Block))
    {
        this.heads = heads;
        attention_norm = LayerNorm(width);
        qkv = Linear(width, 3 * width);
        proj = Linear(width, width);
        mlp_norm = LayerNorm(width);
        expand = Linear(width, 4 * width);
        contract = Linear(4 * width, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        x = x + Attend(attention_norm.forward(x));
        return x + contract.forward(functional.gelu(expand.forward(mlp_norm.forward(x))));
    }

    private Tensor Attend(Tensor x)
    {
        var (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = qkv.forward(x).view(batch, tokens, 3, heads, width / heads).permute(2, 0, 3, 1, 4).unbind();
        var y = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return proj.forward(y.transpose(1, 2).reshape(batch, tokens, width));
    }
}
