using System.CommandLine;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Answers;
using RetNet.Extensions.Benchmarks.Calling;
using RetNet.Extensions.Benchmarks.Comparison;
using RetNet.Extensions.Benchmarks.Conversations;
using RetNet.Extensions.Benchmarks.Forecasting;
using RetNet.Extensions.Benchmarks.Grammars;
using RetNet.Extensions.Benchmarks.Kernels;
using RetNet.Extensions.Benchmarks.Load;
using RetNet.Extensions.Benchmarks.Loading;
using RetNet.Extensions.Benchmarks.Lookup;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Benchmarks.Papers;
using RetNet.Extensions.Benchmarks.Scoring;
using RetNet.Extensions.Benchmarks.Serving;
using RetNet.Extensions.Benchmarks.Soak;
using RetNet.Extensions.Benchmarks.Templates;
using RetNet.Extensions.Benchmarks.Training;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
RootCommand root = new("Measures RetNet.Extensions: its kernels, and whole models beside llama.cpp.")
{
    new KernelsCommand(), new ModelCommand(), new LogitsCommand(), new CompareCommand(), new GrammarCommand(), new AnswersCommand(),
    new CallingCommand(), new SoakCommand(), new LoadCommand(), new LoadTimeCommand(), new ForecastCommand(), new ServingCommand(),
    new ServingSoakCommand(), new HostCostCommand(), new ExpertsCommand(), new ConversationsCommand(), new ArrivalsCommand(),
    new TemplatesCommand(), new ScoringCommand(), new LookupCommand(), new TrainingSpeedCommand(), new PapersCommand(),
};
Command busy = new(BusyProcess.Command) { Hidden = true };
busy.SetAction(_ => BusyProcess.Run());
root.Add(busy);
return root.Parse(args).Invoke();
