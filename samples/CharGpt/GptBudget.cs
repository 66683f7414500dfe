using Root.Optimizers.Modular;
using TorchSharp.Modules;

namespace CharGpt;

/// <summary>
/// The modular budget of a <see cref="Gpt"/>. Attention, layer normalization and the residual sums have no proven
/// sensitivity; each is taken to be 1, which layer normalization before every block and at the end makes plausible and
/// nothing more. Its gains and biases are in no atom.
/// </summary>
public static class GptBudget
{
    /// <summary>
    /// The share of the blocks together, beside 1 for the embedding and 1 for the head. Source: modula's GPT.
    /// </summary>
    public const double BlocksMass = 5;

    public static ModularBudget Of(Gpt model)
    {
        var modules = model.named_modules().ToDictionary(m => m.name, m => m.module);
        Atom Linear(string name) => Atom.Linear((Linear)modules[name], name + ".weight");

        ModularNode Block(int i) =>
            Residual(Linear($"blocks.{i}.attention.qkv") >> Bond.Attention >> Linear($"blocks.{i}.attention.proj"))
            >> Residual(Linear($"blocks.{i}.mlp.expand") >> Bond.Gelu >> Linear($"blocks.{i}.mlp.proj"));

        var blocks = Enumerable.Range(0, model.Options.Layers).Select(Block).Aggregate((first, second) => first >> second)
            .Tare(BlocksMass);
        var tree = Atom.Embedding((Embedding)modules["token_embedding"], "token_embedding.weight") >> blocks
            >> Bond.LayerNorm;
        // A tied head is the embedding once more, and has its share there.
        return ModularBudget.FromTree(model.Options.Tied ? tree : tree >> Linear("lm_head"));
    }

    private static ModularNode Residual(ModularNode block) =>
        (Bond.Identity + (Bond.LayerNorm >> block)) >> Bond.Estimated("residual stream", 0.5);
}
