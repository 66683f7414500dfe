using System.Collections;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Routing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Modular;

/// <summary>
/// How much of one learning rate each weight of a network may use: if every atom's update has at most its share times t
/// as norm, the output moves by at most t to first order, for inputs of norm at most 1 and weights of norm at most 1.
/// Printing it gives a table.
/// </summary>
public sealed class ModularBudget : IReadOnlyList<BudgetShare>, ILearningRateShares
{
    private readonly BudgetShare[] _shares;

    private ModularBudget(ModularNode tree)
    {
        Tree = tree;
        _shares = tree.Allot(1).Select(pair => new BudgetShare(pair.atom, pair.share)).ToArray();
        if (_shares.Length == 0)
            throw new ArgumentException("A budget needs a tree with an atom of mass above 0.", nameof(tree));
        for (var i = 0; i < _shares.Length; i++)
            for (var j = 0; j < i; j++)
                if (SameTensor.Is(_shares[i].Atom.Weight, _shares[j].Atom.Weight))
                    throw new ArgumentException($"{_shares[i].Atom} and {_shares[j].Atom} hold the same weight, and a "
                        + "weight has one share. Leave one of them out of the tree.", nameof(tree));
    }

    /// <summary>What the budget is of.</summary>
    public ModularNode Tree { get; }

    /// <summary>The budget of a network.</summary>
    /// <exception cref="ArgumentException">The tree has no atom of mass above 0, or the same weight twice.</exception>
    public static ModularBudget FromTree(ModularNode tree) => new(tree);

    /// <summary>The budget of a Sequential, each atom of mass 1.</summary>
    /// <exception cref="ArgumentException">It holds a module whose norm or sensitivity is not known here; its name is
    /// given.</exception>
    public static ModularBudget FromSequential(nn.Module model) => new(SequentialTree.FromModule(model));

    /// <summary>The share of a parameter, or null where no atom holds it.</summary>
    public BudgetShare? Find(Parameter parameter) =>
        _shares.FirstOrDefault(s => SameTensor.Is(s.Atom.Weight, parameter));

    /// <inheritdoc />
    public double? ShareOf(Parameter parameter) => Find(parameter)?.Share;

    /// <summary>Initializes every atom: see <see cref="Atom.Initialize"/>.</summary>
    public void Initialize()
    {
        foreach (var share in _shares) share.Atom.Initialize();
    }

    /// <inheritdoc />
    public int Count => _shares.Length;

    /// <inheritdoc />
    public BudgetShare this[int index] => _shares[index];

    /// <inheritdoc />
    public IEnumerator<BudgetShare> GetEnumerator() => _shares.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public override string ToString() => string.Join(Environment.NewLine,
    [
        $"{"atom",-40} {"shape",-16} {"kind",-10} {"mass",8} {"share",10}",
        .. _shares.Select(s => s.ToString()),
        FormattableString.Invariant($"the whole: mass {Tree.Mass:g4}, sensitivity {Tree.Sensitivity:g4}")
            + (Tree.Proven ? "" : " (holds estimates: no bound is proven)"),
    ]);
}

/// <summary>What one weight may use of a learning rate.</summary>
/// <param name="Atom">Whose weight.</param>
/// <param name="Share">The norm of its update for a learning rate of 1.</param>
public sealed record BudgetShare(Atom Atom, double Share)
{
    /// <summary>One line of the table.</summary>
    public override string ToString() =>
        $"{RoutedParameter.Columns(Atom.Name, Atom.Weight.shape)} {Atom.Norm.Kind,-10} "
        + FormattableString.Invariant($"{Atom.Mass,8:g4} {Share,10:g4}");
}
