using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>The state of a parameter on the AdamW route: its two moments.</summary>
internal sealed class AdamWState : ParameterState
{
    internal AdamWState(Parameter parameter, bool master)
        : base(parameter, [(FirstMomentName, parameter.shape, null), (SecondMomentName, parameter.shape, null)], master)
    {
    }

    internal const string FirstMomentName = "exp_avg", SecondMomentName = "exp_avg_sq";

    /// <summary>The mean of the gradient.</summary>
    public Tensor exp_avg => this[FirstMomentName];

    /// <summary>The mean of the squared gradient.</summary>
    public Tensor exp_avg_sq => this[SecondMomentName];
}
