using System.CommandLine;
using Root.Optimizers.Benchmarks;
using Root.Optimizers.Benchmarks.Coefficients;
using Root.Optimizers.Benchmarks.Compare;
using Root.Optimizers.Benchmarks.Digest;
using Root.Optimizers.Benchmarks.Fidelity;
using Root.Optimizers.Benchmarks.Host;
using Root.Optimizers.Benchmarks.Manifolds;
using Root.Optimizers.Benchmarks.Memory;
using Root.Optimizers.Benchmarks.Micro;
using Root.Optimizers.Benchmarks.Orthogonalize;
using Root.Optimizers.Benchmarks.Race;
using Root.Optimizers.Benchmarks.Results;
using Root.Optimizers.Benchmarks.Scale;
using Root.Optimizers.Benchmarks.Sign;
using Root.Optimizers.Benchmarks.Step;
using Root.Optimizers.Benchmarks.Transfer;
using Root.Optimizers.Benchmarks.Types;
using Shared;

CpuThreads.Configure();

var root = new RootCommand("Comparisons and measurements of Root.Optimizers.")
{
    FidelityCommand.Create(), SpectraCommand.Create(), CoefficientsCommand.Create(), LearningCommand.Create(),
    CompareCommand.Create(), OutliersCommand.Create(), SignCommand.Create(), ManifoldCommand.Create(), TransferCommand.Create(),
    StepCommand.Create(), OrthogonalizeCommand.Create(), HostCommand.Create(), MemoryCommand.Create(), MicroCommand.Create(),
    DigestCommand.Create(), TypesCommand.Create(), RaceCommand.Create(), RaceWorkerCommand.Create(), ScaleCommand.Create(),
    ResultsCommand.Create(),
};
return CommandLineProgram.Run(root, args);
