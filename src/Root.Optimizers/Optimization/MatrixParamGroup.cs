using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>A group of parameters with options of its own, and what is known of where they stand in the model.</summary>
/// <typeparam name="TOptions">The optimizer's options.</typeparam>
public abstract class MatrixParamGroup<TOptions> : ParamGroup<TOptions>, optim.IMomentum, ICandidates
    where TOptions : MatrixOptions
{
    private readonly Candidate[] _candidates;

    private protected MatrixParamGroup(Candidate[] candidates, TOptions? options)
    {
        _candidates = candidates;
        Parameters = candidates.Select(c => c.Parameter).ToArray();
        base.Options = options!;
    }

    /// <summary>The group's momentum; learning-rate schedulers that cycle momentum set it.</summary>
    public double Momentum { get => Options.momentum!.Value; set => Options.momentum = value; }

    Candidate[] ICandidates.Candidates => _candidates;
}

/// <summary>A group that knows names or modules of its parameters.</summary>
internal interface ICandidates
{
    Candidate[] Candidates { get; }
}
