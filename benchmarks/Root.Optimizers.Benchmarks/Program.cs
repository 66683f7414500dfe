using System.CommandLine;
using CharGpt;
using Root.Optimizers.Benchmarks.Coefficients;
using Root.Optimizers.Benchmarks.Fidelity;
using TorchSharp;

// libtorch may start with one thread only; whoever sets OMP_NUM_THREADS has chosen.
if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null) torch.set_num_threads(Environment.ProcessorCount);

var root = new RootCommand("Comparisons and measurements of Root.Optimizers.")
{
    FidelityCommand.Create(), CoefficientsCommand.Create(),
};
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (UserException e)
{
    Console.Error.WriteLine(e.Message);
    return e.ExitCode;
}
