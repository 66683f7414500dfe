using Shared;
using static TorchSharp.torch;

namespace Images;

/// <summary>A training and a test set of ten classes.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Train">To train on.</param>
/// <param name="Test">To test on.</param>
/// <param name="Mean">Of each channel of the training set, pixels in [0, 1].</param>
/// <param name="Deviation">Of each channel.</param>
public sealed record ImageData(string Name, ImageSet Train, ImageSet Test, float[] Mean, float[] Deviation)
{
    /// <summary>Of either data set.</summary>
    public const int Classes = 10;

    private const string Debian = "/usr/share/datasets/fashion-mnist";

    /// <summary>Height and width.</summary>
    public int Side => (int)Math.Sqrt(Train.Pixels.shape[1] / Mean.Length);

    /// <summary>Inputs of the network, (b, features), normalized by channel; a new tensor.</summary>
    public Tensor Inputs(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var channels = pixels.to(float32).div_(255).reshape(pixels.shape[0], Mean.Length, -1);
        var mean = tensor(Mean).reshape(1, -1, 1);
        return channels.sub_(mean).div_(tensor(Deviation).reshape(1, -1, 1)).flatten(1).MoveToOuterDisposeScope();
    }

    /// <summary>The share of a set's images whose largest logit is the label's.</summary>
    public double Accuracy(Func<Tensor, Tensor> logits, ImageSet set)
    {
        const long atOnce = 1000;
        using var grad = no_grad();
        long right = 0;
        for (long start = 0; start < set.Count; start += atOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(atOnce, set.Count - start);
            var guess = logits(Inputs(set.Pixels.narrow(0, start, count))).argmax(1);
            right += guess.eq(set.Labels.narrow(0, start, count)).sum().item<long>();
        }
        return (double)right / set.Count;
    }

    /// <summary>From a folder with the files of either data set; by default where Debian puts Fashion-MNIST.</summary>
    public static ImageData Load(string? folder, int? limit)
    {
        folder ??= Debian;
        return Cifar.IsIn(folder) ? Read(Cifar.Read, folder, limit)
            : FashionMnist.IsIn(folder) ? Read(FashionMnist.Read, folder, limit)
            : throw new UserException(
                $"{folder} holds neither CIFAR-10's binary files (data_batch_1.bin, ...) nor Fashion-MNIST's "
                + "(train-images-idx3-ubyte.gz, ...). On Debian: apt-get install dataset-fashion-mnist. "
                + "Else: --data DIR.");
    }

    /// <summary>From a folder with CIFAR-10's binary files.</summary>
    public static ImageData LoadCifar(string folder, int? limit) => Read(Cifar.Read, folder, limit);

    private static ImageData Read(Func<string, ImageData> read, string folder, int? limit)
    {
        try
        {
            var data = read(folder);
            return limit is { } count && count < data.Train.Count
                ? data with { Train = data.Train.First(count) } : data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserException($"{folder}: {e.Message}");
        }
    }
}
