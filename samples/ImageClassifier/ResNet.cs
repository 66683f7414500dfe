using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ImageClassifier;

/// <summary>The shape of the model.</summary>
public sealed record ResNetOptions(int Side, int Channels, int Classes, int Width);

/// <summary>
/// A residual network of basic blocks (He et al., CVPR 2016), for small images: a stem of 3x3 at stride 1, four stages of
/// two blocks with w, 2w, 4w and 8w channels, the later ones at half the resolution of the one before, and the mean over
/// the image classified. With w = 64 it is ResNet-18 but for the stem.
/// </summary>
public sealed class ResNet : Module<Tensor, Tensor>
{
    private const int Stages = 4;

    private readonly ResNetOptions options;
    private readonly Conv2d stem;
    private readonly BatchNorm2d norm;
    private readonly ModuleList<BasicBlock> blocks = [];
    private readonly Linear head;

    public ResNet(ResNetOptions options)
        : base(nameof(ResNet))
    {
        this.options = options;
        stem = Convolutions.Of3x3(options.Channels, options.Width, stride: 1);
        norm = BatchNorm2d(options.Width);
        var channels = options.Width;
        for (var stage = 0; stage < Stages; stage++)
        {
            var width = options.Width << stage;
            blocks.Add(new BasicBlock(channels, width, stride: stage == 0 ? 1 : 2));
            blocks.Add(new BasicBlock(width, width, stride: 1));
            channels = width;
        }

        head = Linear(channels, options.Classes);
        RegisterComponents();
    }

    /// <summary>Logits (batch, classes) of images (batch, channels * side * side).</summary>
    public override Tensor forward(Tensor images)
    {
        var x = images.view(-1, options.Channels, options.Side, options.Side);
        x = norm.forward(stem.forward(x)).relu_();
        foreach (var block in blocks)
        {
            x = block.forward(x);
        }

        return head.forward(x.mean([2, 3]));
    }
}

/// <summary>relu(x + F(x)), where F is two convolutions; x is projected where F changes its shape.</summary>
internal sealed class BasicBlock : Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d norm1;
    private readonly Conv2d conv2;
    private readonly BatchNorm2d norm2;
    private readonly Sequential? shortcut;

    public BasicBlock(int inChannels, int outChannels, int stride)
        : base(nameof(BasicBlock))
    {
        conv1 = Convolutions.Of3x3(inChannels, outChannels, stride);
        norm1 = BatchNorm2d(outChannels);
        conv2 = Convolutions.Of3x3(outChannels, outChannels, stride: 1);
        norm2 = BatchNorm2d(outChannels);
        if (stride != 1 || inChannels != outChannels)
            shortcut = Sequential(
                ("conv", Convolutions.Of1x1(inChannels, outChannels, stride)), ("norm", BatchNorm2d(outChannels)));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        // What backward needs of these it holds itself; while testing, each is let go of before the next block.
        using var scope = NewDisposeScope();
        var residual = norm1.forward(conv1.forward(x)).relu_();
        residual = norm2.forward(conv2.forward(residual));
        return residual.add_(shortcut?.forward(x) ?? x).relu_().MoveToOuterDisposeScope();
    }
}

/// <summary>Without bias, which the normalization after them has, and as He et al. (ICCV 2015) begin them.</summary>
internal static class Convolutions
{
    public static Conv2d Of3x3(int inChannels, int outChannels, int stride) =>
        Begun(Conv2d(inChannels, outChannels, 3, stride, padding: 1, bias: false));

    public static Conv2d Of1x1(int inChannels, int outChannels, int stride) =>
        Begun(Conv2d(inChannels, outChannels, 1, stride, bias: false));

    private static Conv2d Begun(Conv2d convolution)
    {
        init.kaiming_normal_(convolution.weight, mode: init.FanInOut.FanOut, nonlinearity: init.NonlinearityType.ReLU);
        return convolution;
    }
}
