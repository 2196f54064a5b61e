using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary><c>kernels</c>: BenchmarkDotNet over the kernels, with its own options.</summary>
internal sealed class KernelsCommand : Command
{
    private readonly Argument<string[]> _arguments =
        new("ARGUMENTS") { Description = "Arguments of BenchmarkDotNet, such as --filter *Matrix*.", Arity = ArgumentArity.ZeroOrMore };

    public KernelsCommand()
        : base("kernels", "Measures the kernels with BenchmarkDotNet, beside the machine's read bandwidth and multiply-add peak.")
    {
        TreatUnmatchedTokensAsErrors = false;
        Add(_arguments);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        string[] arguments = [.. parse.GetValue(_arguments) ?? [], .. parse.UnmatchedTokens];
        double bandwidth = ReadBandwidth.Measure(Environment.ProcessorCount), peak = MultiplyAddPeak.Measure(Environment.ProcessorCount);
        IConfig config = DefaultConfig.Instance
            .WithArtifactsPath(Path.Combine("artifacts", "kernels"))
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddColumn(new SpeedColumn("GB/s", bandwidth, workload => workload.Bytes),
                new SpeedColumn("GFLOP/s", peak, workload => workload.Operations));
        BenchmarkSwitcher.FromAssembly(typeof(KernelsCommand).Assembly).Run(arguments.Length == 0 ? ["--filter", "*"] : arguments, config);
    }
}
