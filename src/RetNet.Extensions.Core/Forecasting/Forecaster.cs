using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>Forecasts series that it has never seen: a decoder reads patches of a series and predicts quantiles of its next
/// steps.</summary>
/// <remarks>
/// <para>A token stands for the last steps of a series, on their own scale, and what is known of its seasons. The decoder, a RetNet,
/// remembers all tokens in a state of constant size; a Transformer with a policy such as TOVA can take its place. It is trained on
/// synthetic series, as TempoPFN is (arXiv 2510.25502); steps beyond those that one token predicts come from tokens without observations,
/// as in TiRex (arXiv 2505.23719).</para>
/// <para>Safe for concurrent use. What is forecast for a series does not depend on the others in a call, bit for bit.</para>
/// </remarks>
public sealed unsafe class Forecaster : IDisposable
{
    /// <summary>The most steps of a forecast.</summary>
    public const int MaximumHorizon = 1000;

    /// <summary>The largest absolute value of a series: sums and differences of such values are finite.</summary>
    public const double LargestValue = 1e100;

    // Tokens that are computed together.
    private const int BlockTokens = 2048;

    private readonly LanguageModel _model;
    private readonly PatchNetwork _network;
    private readonly StateOptions _stateOptions;

    private Forecaster(ForecasterConfiguration configuration, LanguageModel model, PatchNetwork network, StateOptions stateOptions)
    {
        (Configuration, _model, _network, _stateOptions) = (configuration, model, network, stateOptions);
        Pool = ((DecoderModel)model).Pool;
    }

    /// <summary>The model's dimensions.</summary>
    public ForecasterConfiguration Configuration { get; }

    /// <summary>The number of weights.</summary>
    public long Parameters => _model.Info.Parameters + _network.Parameters;

    /// <summary>Names the model, see <see cref="ModelInfo.Fingerprint"/>.</summary>
    public string Fingerprint => _model.Info.Fingerprint[..16] + _network.Fingerprint[..16];

    internal WorkerPool Pool { get; }

    /// <summary>Loads a forecaster.</summary>
    /// <param name="path">A folder with config.json and model.safetensors.</param>
    /// <param name="options">How it is loaded; null for the defaults. It computes on the CPU.</param>
    /// <param name="stateOptions">How a series is remembered, for a Transformer: the policy that bounds its rows. Null for the
    /// defaults.</param>
    /// <returns>The forecaster. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is no forecaster.</exception>
    public static Forecaster Load(string path, ModelLoadOptions? options = null, StateOptions? stateOptions = null)
    {
        Forecaster forecaster = FromCheckpoint(Checkpoint.Open(path), options, stateOptions);
        forecaster._model.CloseCheckpoint();
        return forecaster;
    }

    /// <summary>Loads a forecaster from an open checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint; the forecaster owns it from here on, also when loading fails.</param>
    /// <param name="options">How it is loaded; null for the defaults. It computes on the CPU.</param>
    /// <param name="stateOptions">How a series is remembered, for a Transformer: the policy that bounds its rows. Null for the
    /// defaults.</param>
    /// <returns>The forecaster. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">The checkpoint is incomplete or no forecaster's.</exception>
    public static Forecaster FromCheckpoint(
        Checkpoint checkpoint, ModelLoadOptions? options = null, StateOptions? stateOptions = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        PatchNetwork? network = null;
        try
        {
            ForecasterConfiguration c = ForecasterConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
            network = new PatchNetwork(c, checkpoint.Part(name => name.StartsWith(PatchLayout.Prefix, StringComparison.Ordinal)));
            LanguageModel model = LanguageModel.Load(
                checkpoint.Part(name => !name.StartsWith(PatchLayout.Prefix, StringComparison.Ordinal)),
                (options ?? new ModelLoadOptions()) with { Device = default });
            return new Forecaster(c, model, network, CutAfterEachToken(stateOptions ?? StateOptions.Default));
        }
        catch
        {
            network?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Loads a forecaster from streams, such as the resources of an assembly.</summary>
    /// <param name="configuration">config.json, from the stream's position to its end.</param>
    /// <param name="weights">model.safetensors, from the stream's position on; what follows the last tensor is not read.</param>
    /// <param name="options">How it is loaded; null for the defaults. It computes on the CPU.</param>
    /// <param name="stateOptions">How a series is remembered, as for <see cref="Load"/>. Null for the defaults.</param>
    /// <returns>The forecaster. Dispose it to release the weights. The streams stay the caller's.</returns>
    /// <exception cref="CheckpointException">A stream is malformed, or the model is no forecaster.</exception>
    public static Forecaster FromStreams(
        Stream configuration, Stream weights, ModelLoadOptions? options = null, StateOptions? stateOptions = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(weights);
        using MemoryStream config = new();
        configuration.CopyTo(config);
        return FromCheckpoint(Checkpoint.FromMemory("forecaster", config.ToArray(), weights), options, stateOptions);
    }

    /// <summary>Creates the memory of one series, which observations are added to as they come.</summary>
    /// <param name="options">What is known of the series; null for nothing.</param>
    /// <returns>The memory, empty.</returns>
    /// <exception cref="ArgumentException">A season or the number of views is out of range.</exception>
    public ForecastingState CreateState(SeriesOptions? options = null) =>
        new(this, CreateViews(options ?? SeriesOptions.Default, () => _model.CreateState(_stateOptions)));

    /// <summary>Creates the memory of a series that is read and then forgotten: its decoder takes memory only if the last forward needs
    /// it.</summary>
    internal ForecastingState CreateBriefState(SeriesOptions? options) =>
        new(this, CreateViews(options ?? SeriesOptions.Default, () => _model.CreateBriefState(_stateOptions)));

    /// <summary>Reads what <see cref="ForecastingState.Save"/> wrote for the same model.</summary>
    /// <param name="stream">The stream, at the first byte that was written.</param>
    /// <returns>The memory of the series.</returns>
    /// <exception cref="InvalidDataException">The stream does not hold a state of this model, or is damaged.</exception>
    public ForecastingState RestoreState(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ForecastingStateFile.Read(this, stream, source => _model.RestoreState(source, _stateOptions));
    }

    /// <summary>Forecasts one series.</summary>
    /// <param name="values">Its values, the oldest first; NaN for a missing one.</param>
    /// <param name="horizon">The number of steps, 1 to <see cref="MaximumHorizon"/>.</param>
    /// <param name="options">What else is known of it; null for nothing.</param>
    /// <returns>The forecast.</returns>
    /// <exception cref="ArgumentException">There is no value, none that is not missing, one that is infinite or beyond ±1e100, or an option
    /// is out of range.</exception>
    public SeriesForecast Forecast(ReadOnlySpan<double> values, int horizon, SeriesOptions? options = null)
    {
        CheckHorizon(horizon);
        CheckSeries(values, "The series");
        using ForecastingState state = CreateState(options);
        state.Update(values);
        return state.Forecast(horizon);
    }

    /// <summary>Forecasts many series at once: their tokens go through one matrix product.</summary>
    /// <param name="series">The series, each of any length.</param>
    /// <param name="horizon">The number of steps, 1 to <see cref="MaximumHorizon"/>.</param>
    /// <param name="cancellationToken">Observed between blocks of series.</param>
    /// <returns>A forecast for each series.</returns>
    /// <exception cref="ArgumentException">A series has no value, none that is not missing, one that is infinite or beyond ±1e100, or an
    /// option is out of range; the message names the series by its place.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public IReadOnlyList<SeriesForecast> ForecastAll(
        IReadOnlyList<SeriesInput> series, int horizon, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(series);
        CheckHorizon(horizon);
        for (int i = 0; i < series.Count; i++)
        {
            CheckSeries(series[i].Values.Span, $"Series {i}");
            SeriesOptions options = series[i].Options ?? SeriesOptions.Default;
            options.CheckedSeasons($"Series {i}");
            options.CheckedViews($"Series {i}");
        }

        SeriesForecast[] forecasts = new SeriesForecast[series.Count];
        using ForecastBatch batch = new(this, horizon);
        for (int first = 0; first < series.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int tokens = 0, count = 0;
            while (first + count < series.Count && (count == 0 || tokens < BlockTokens))
                tokens += batch.TokensOf(series[first + count++]);
            batch.Run(series, first, count, forecasts);
            first += count;
        }

        return forecasts;
    }

    /// <summary>Releases the weights, as soon as nothing uses them.</summary>
    public void Dispose()
    {
        _model.Dispose();
        _network.Dispose();
    }

    /// <summary>A bounded policy drops rows after each token, as it does where observations come one by one: a series that is read at once
    /// is remembered alike.</summary>
    private static StateOptions CutAfterEachToken(StateOptions options) =>
        options.Policy is Full || options.PromptChunk is not null ? options : options with { PromptChunk = 1 };

    /// <exception cref="ArgumentOutOfRangeException">The horizon is out of range.</exception>
    internal static void CheckHorizon(int horizon)
    {
        if (horizon is < 1 or > MaximumHorizon)
            throw new ArgumentOutOfRangeException(nameof(horizon), horizon, $"Expected a horizon of 1 to {MaximumHorizon} steps.");
    }

    /// <exception cref="ArgumentException">The value is infinite or too large to compute with.</exception>
    internal static void CheckValue(double value, long step, string series = "The series")
    {
        if (Math.Abs(value) > LargestValue)
        {
            throw new ArgumentException(
                $"{series}: the value of step {step} is {value}; expected a number from {-LargestValue} to {LargestValue}, or NaN for a "
                    + "missing one.");
        }
    }

    /// <summary>The views of a series, before its first value. Their patches begin at steps spread evenly over a patch. Of two seasons,
    /// every third view knows only the longer one, and counts half.</summary>
    /// <param name="options">What is known of the series.</param>
    /// <param name="decoder">The decoder's state of the next view.</param>
    /// <exception cref="ArgumentException">A season or the number of views is out of range.</exception>
    internal SeriesView[] CreateViews(SeriesOptions options, Func<SequenceState> decoder)
    {
        int[] seasons = options.CheckedSeasons();
        SeriesView[] views = new SeriesView[options.CheckedViews()];
        for (int view = 0; view < views.Length; view++)
        {
            bool isPart = view % 3 == 2 && seasons.Length == 2;
            int offset = view * Configuration.PatchLength / views.Length;
            views[view] = new SeriesView(
                this, new SeriesMemory(Configuration.Shape, isPart ? seasons[1..] : seasons, offset), decoder(), isPart ? 0.5 : 1);
        }

        return views;
    }

    /// <summary>Reads the tokens whose values a workspace holds.</summary>
    /// <param name="w">The workspace; receives the decoder's output.</param>
    /// <param name="sequences">Whose tokens they are.</param>
    /// <param name="rows">The number of tokens.</param>
    internal void Read(ForecastWorkspace w, ReadOnlySpan<SequenceInput> sequences, int rows)
    {
        int values = rows * Configuration.Width;
        _network.Embed(Pool, w.Features, rows, w.Embedding, w.Inputs);
        _model.Forward(
            new ForwardBatch(sequences, w.Tokens(rows), ForwardOutput.AllHidden) { Inputs = new ReadOnlySpan<float>(w.Inputs, values) },
            new Span<float>(w.Hidden, values));
    }

    /// <summary>The quantiles that the first rows of a workspace predict.</summary>
    internal void Predict(ForecastWorkspace w, int rows) => _network.Predict(Pool, w.Hidden, w.Features, w.Naive, rows, w.Outputs);

    private static void CheckSeries(ReadOnlySpan<double> values, string series)
    {
        if (values.IsEmpty)
            throw new ArgumentException($"{series} has no values; expected at least one.");
        int observed = 0;
        for (int step = 0; step < values.Length; step++)
        {
            CheckValue(values[step], step, series);
            observed += double.IsNaN(values[step]) ? 0 : 1;
        }

        if (observed == 0)
            throw new ArgumentException($"{series} has {values.Length} steps, and all are missing; expected at least one value.");
    }
}
