using static TorchSharp.torch;

namespace ImageClassifier;

/// <summary>A model to train, of which each training makes a new one.</summary>
/// <param name="Name">Of its files.</param>
/// <param name="Title">For people.</param>
/// <param name="LearningRate">Which of a method's rates is this model's.</param>
/// <param name="Create">Takes images (batch, features), gives logits (batch, classes).</param>
public sealed record Network(string Name, string Title, Func<Method, double> LearningRate, Func<nn.Module<Tensor, Tensor>> Create)
{
    public static Network Of(VitOptions options) =>
        new("vision-transformer", "A vision transformer", method => method.TransformerRate, () => new Vit(options));

    public static Network Of(ResNetOptions options) =>
        new("resnet", "A residual network", method => method.ResNetRate, () => new ResNet(options));
}
