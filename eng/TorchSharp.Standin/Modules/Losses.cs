#nullable enable
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    public abstract class Loss<T1, T2, TResult> : nn.Module<T1, T2, TResult>
    {
        public Loss(Reduction reduction = Reduction.Mean) : base(nameof(Loss<,,>)) => this.reduction = reduction;

        public Reduction reduction { get; }
    }

    public abstract class WeightedLoss<T1, T2, TResult> : Loss<T1, T2, TResult>
    {
        public WeightedLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) : base(reduction) =>
            this.weight = weight;

        public Tensor? weight { get; }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public enum Reduction : long
            {
                None = 0,
                Mean = 1,
                Sum = 2
            }

            public static CrossEntropyLoss CrossEntropyLoss(Tensor? weight = null, long? ignore_index = null,
                Reduction reduction = Reduction.Mean) => new(weight, ignore_index, reduction);

            public static NLLLoss NLLLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                new(weight, reduction);

            public static MSELoss MSELoss(Reduction reduction = Reduction.Mean) => new(reduction);

            public static L1Loss L1Loss(Reduction reduction = Reduction.Mean) => new(reduction);

            public static SmoothL1Loss SmoothL1Loss(Reduction reduction = Reduction.Mean, double beta = 1.0) =>
                new(reduction, beta);

            public static HuberLoss HuberLoss(double delta = 1.0, Reduction reduction = Reduction.Mean) =>
                new(delta, reduction);

            public static BCELoss BCELoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                new(weight, reduction);

            public static BCEWithLogitsLoss BCEWithLogitsLoss(Tensor? weight = null,
                Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                new(weight, reduction, pos_weights);

            public static KLDivLoss KLDivLoss(bool log_target = true, Reduction reduction = Reduction.Mean) =>
                new(log_target, reduction);
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class CrossEntropyLoss : WeightedLoss<Tensor, Tensor, Tensor>
    {
        public CrossEntropyLoss(Tensor? weight = null, long? ignore_index = null,
            Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) : base(weight, reduction) =>
            (this.ignore_index, this.label_smoothing) = (ignore_index, label_smoothing);

        public long? ignore_index { get; }

        public double label_smoothing { get; }

        public override Tensor forward(Tensor input, Tensor target) =>
            F.cross_entropy(input, target, weight, ignore_index ?? -100, reduction, label_smoothing);
    }

    public sealed class NLLLoss : WeightedLoss<Tensor, Tensor, Tensor>
    {
        public NLLLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) : base(weight, reduction)
        {
        }

        public override Tensor forward(Tensor input, Tensor target) => F.nll_loss(input, target, weight, reduction);
    }

    public sealed class MSELoss : Loss<Tensor, Tensor, Tensor>
    {
        public MSELoss(Reduction reduction = Reduction.Mean) : base(reduction)
        {
        }

        public override Tensor forward(Tensor input, Tensor target) => F.mse_loss(input, target, reduction);
    }

    public sealed class L1Loss : Loss<Tensor, Tensor, Tensor>
    {
        public L1Loss(Reduction reduction = Reduction.Mean) : base(reduction)
        {
        }

        public override Tensor forward(Tensor input, Tensor target) => F.l1_loss(input, target, reduction);
    }

    public sealed class SmoothL1Loss : Loss<Tensor, Tensor, Tensor>
    {
        public SmoothL1Loss(Reduction reduction = Reduction.Mean, double beta = 1.0) : base(reduction) =>
            this.beta = beta;

        public double beta { get; }

        public override Tensor forward(Tensor input, Tensor target) =>
            F.smooth_l1_loss(input, target, reduction, beta);
    }

    public sealed class HuberLoss : Loss<Tensor, Tensor, Tensor>
    {
        public HuberLoss(double delta = 1.0, Reduction reduction = Reduction.Mean) : base(reduction) =>
            this.delta = delta;

        public double delta { get; }

        public override Tensor forward(Tensor input, Tensor target) => F.huber_loss(input, target, delta, reduction);
    }

    public sealed class BCELoss : WeightedLoss<Tensor, Tensor, Tensor>
    {
        public BCELoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) : base(weight, reduction)
        {
        }

        public override Tensor forward(Tensor input, Tensor target) =>
            F.binary_cross_entropy(input, target, weight, reduction);
    }

    public sealed class BCEWithLogitsLoss : WeightedLoss<Tensor, Tensor, Tensor>
    {
        public BCEWithLogitsLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean,
            Tensor? pos_weights = null) : base(weight, reduction) => this.pos_weights = pos_weights;

        public Tensor? pos_weights { get; }

        public override Tensor forward(Tensor input, Tensor target) =>
            F.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weights);
    }

    public sealed class KLDivLoss : Loss<Tensor, Tensor, Tensor>
    {
        public KLDivLoss(bool log_target = true, Reduction reduction = Reduction.Mean) : base(reduction) =>
            this.log_target = log_target;

        public bool log_target { get; }

        public override Tensor forward(Tensor input, Tensor target) => F.kl_div(input, target, log_target, reduction);
    }
}
