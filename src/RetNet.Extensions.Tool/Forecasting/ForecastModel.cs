using System.CommandLine;
using System.Reflection;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Tool.Forecasting;

/// <summary>The model of a command that forecasts: that of <c>--model</c>, or the one that the tool carries.</summary>
internal sealed class ForecastModel
{
    private const string Folder = "retnet-forecast";

    private readonly Option<string?> _model = new("--model")
    {
        HelpName = "MODEL",
        Description = "A folder with a forecasting model: config.json and model.safetensors. Default: the model that the tool carries.",
    };

    private readonly Option<int?> _views = OptionKinds.Integer("--views", "N",
        $"Views of a series whose forecasts are averaged; more take longer. Default: {SeriesOptions.Default.Views}.", 1,
        SeriesOptions.MostViews);

    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_views);
    }

    /// <summary>What the model is told of a series with these seasons.</summary>
    public SeriesOptions OptionsOf(CommandContext context, IReadOnlyList<int> seasons) =>
        new() { SeasonLengths = seasons, Views = context.Parse.GetValue(_views) ?? SeriesOptions.Default.Views };

    /// <exception cref="CommandException">There is no model.</exception>
    public Forecaster Load(CommandContext context)
    {
        ModelLoadOptions options = context.Options.LoadOptions(context.Parse);
        if (context.Parse.GetValue(_model) is { } path)
            return Checked(Forecaster.Load(path, options, context.StateOptions), context);
        using Stream? configuration = Resource("config.json"), weights = Resource("model.safetensors");
        return configuration is null || weights is null
            ? throw new CommandException("--model is missing, and this build of the tool carries no model; expected a folder.")
            : Checked(Forecaster.FromStreams(configuration, weights, options, context.StateOptions), context);
    }

    /// <summary>Warns of a policy that has no effect, and refuses states that the model cannot have.</summary>
    /// <returns>The model.</returns>
    /// <exception cref="ArgumentException">The model cannot have such states.</exception>
    public static Forecaster Checked(Forecaster forecaster, CommandContext context)
    {
        forecaster.CreateState().Dispose();
        context.CheckPolicy(forecaster.Configuration.Decoder is RetNetConfiguration);
        return forecaster;
    }

    private static Stream? Resource(string name) => Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Folder}/{name}");
}
