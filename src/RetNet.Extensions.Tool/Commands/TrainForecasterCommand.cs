using System.CommandLine;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Tool.Forecasting;
using RetNet.Extensions.Tool.Training;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet train-forecaster</c>: trains a forecasting model on synthetic series, and writes a model folder.</summary>
internal sealed class TrainForecasterCommand : ToolCommand
{
    private const string StagesFolder = "stages";
    private const int DefaultStages = 10;

    private readonly Argument<string> _out = new("OUT")
    {
        Description = "The folder to write: the model in bfloat16, its stages, loss.svg and loss.csv.",
    };
    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Continue an interrupted training. All options must be the same, except --lr, --min-lr, --warmup, --schedule, "
            + "--clip, --minutes and --checkpoint-every.",
    };
    private readonly Option<string[]> _validation = new("--validation")
    {
        HelpName = "SERIES",
        Description = "A file of series as forecast-eval reads them, which the model is not trained on: each stage is measured with it.",
    };
    private readonly Option<int?> _stageEvery = OptionKinds.Integer("--stage-every", "N",
        $"Steps between two stages, whose weights are kept in OUT/{StagesFolder}. Default: a tenth of --steps.", 1);
    private readonly Option<int?> _curriculum = OptionKinds.Integer("--curriculum", "N",
        "Steps in which the series grow from at most 48 values to all lengths. Default: 0, all lengths from the first step.", 0);
    private readonly ShapeArguments _shape = new(width: 128, layers: 4, headWidth: 32);
    private readonly TrainingArguments _training = new();
    private volatile bool _hasWorkToSave;

    public TrainForecasterCommand()
        : base("train-forecaster", "Trains a forecasting model on synthetic series.")
    {
        Add(_out);
        foreach (Option option in (Option[])[_resume, _validation, _stageEvery, _curriculum])
            Add(option);
        _shape.AddTo(this);
        _training.AddCommonTo(this);
    }

    public override bool HasWorkToSave => _hasWorkToSave;

    public override void Run(CommandContext context)
    {
        ParseResult parse = context.Parse;
        _shape.Check(parse);
        if (parse.GetResult(_validation) is null && context.Options.GivenForInference(parse) is { } option)
            throw new CommandException($"{option} is for inference; with --validation it says how the stages are measured.");
        TrainingOptions options = _training.Read(parse);
        long steps = options.Steps ?? throw new CommandException("--steps is missing; expected the number of weight updates.");
        string path = parse.GetRequiredValue(_out);
        TrainingFolder folder = new(_out.Name, path, parse.GetValue(_resume), hasTokenizer: false);
        if (folder.HasFinished)
        {
            folder.WriteFinished(context);
            return;
        }

        EvaluationSeries[] validation = [.. (parse.GetValue(_validation) ?? []).SelectMany(SeriesFile.Read)];
        ModelLoadOptions load = context.Options.LoadOptions(parse);
        using TrainableForecaster model = Model(parse, options.Seed, load.Threads);
        ForecasterStages stages = new(model, Path.Combine(path, StagesFolder),
            parse.GetValue(_stageEvery) ?? Math.Max(1, steps / DefaultStages), validation, load, context);
        stages.Check();
        folder.Create();
        options = TrainingArguments.WithEvaluation(options) with
        {
            CheckpointFile = folder.CheckpointFile,
            Resume = parse.GetValue(_resume),
        };
        _hasWorkToSave = true;
        context.Cancellation.ThrowIfCancellationRequested();
        TrainingResult result;
        try
        {
            ForecasterTrainer trainer = new(model, options) { CurriculumSteps = parse.GetValue(_curriculum) ?? 0 };
            result = TrainingReporter.Run(context, progress => trainer.Train(stages.After(progress), context.Cancellation));
        }
        catch (ArgumentException exception)
        {
            throw new CommandException(_training.WithOptionNames(exception.Message));
        }

        folder.WriteLosses(result.History, "mean quantile loss");
        folder.Finish(target => model.Save(target));
        TrainingSummary.Write(context, model.ParameterCount, result, isLikelihood: false, json =>
        {
            if (stages.Last is not { } accuracy)
                return;
            json.WriteStartObject("accuracy");
            Array.ForEach(accuracy, measure => measure.WriteTo(json));
            json.WriteEndObject();
        });
    }

    private TrainableForecaster Model(ParseResult parse, int seed, int threads)
    {
        if (parse.GetValue(_shape.From) is { } path)
            return TrainableForecaster.Load(path, threads);
        (int width, int layers, int heads) = _shape.Dimensions(parse);
        return TrainableForecaster.Create(
            ForecasterConfiguration.Create(_shape.Architecture(parse), width, layers, heads), seed, threads);
    }
}
