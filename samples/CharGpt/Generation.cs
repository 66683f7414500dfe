using System.Text;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CharGpt;

/// <summary>Text drawn from the model, byte by byte.</summary>
public static class Generation
{
    /// <summary>
    /// Continues the prompt, sampling from softmax(logits / temperature). Equal seeds give equal texts.
    /// </summary>
    public static string Sample(Gpt model, string prompt, int length, int seed, Device device, double temperature = 0.8)
    {
        using var _ = no_grad();
        manual_seed(seed);
        var bytes = Encoding.UTF8.GetBytes(prompt).Select(b => (long)b).ToList();
        for (var i = 0; i < length; i++)
        {
            using var scope = NewDisposeScope();
            var window = bytes.TakeLast(model.Options.Context).ToArray();
            var logits = model.forward(tensor(window, [1, window.Length], device: device));
            var last = logits.narrow(1, window.Length - 1, 1).view(-1);
            bytes.Add(functional.softmax(last / temperature, 0).multinomial(1).item<long>());
        }

        // The last character may be cut in the middle.
        return Encoding.UTF8.GetString([.. bytes.Select(b => (byte)b)]).TrimEnd('\uFFFD').Trim();
    }
}
