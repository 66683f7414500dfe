using static TorchSharp.torch;

namespace Images;

/// <summary>Labelled images: pixels as bytes, each image one row.</summary>
public sealed record ImageSet(Tensor Pixels, Tensor Labels)
{
    public long Count => Labels.shape[0];

    public ImageSet First(long count) => new(Pixels.narrow(0, 0, count), Labels.narrow(0, 0, count));

    /// <summary>Of what a file holds; its name is for the message if a label is none.</summary>
    internal static ImageSet Of(string file, Tensor pixels, byte[] labels) => labels.Max() < ImageData.Classes
        ? new(pixels, tensor(labels).to(int64))
        : throw new InvalidDataException($"{file} has the label {labels.Max()}; there are {ImageData.Classes} classes");
}
