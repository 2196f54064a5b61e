using System.Reflection;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Core.Forecasting.Training;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Models;

/// <summary>A forecaster with what is needed to save it: its configuration and weights as they are stored.</summary>
internal sealed class HeldForecaster : IDisposable
{
    private const string Embedded = "retnet-forecast";

    private readonly byte[] _configuration;
    private readonly byte[] _weights;

    private HeldForecaster(string name, byte[] configuration, byte[] weights, int threads)
    {
        (_configuration, _weights) = (configuration, weights);
        using MemoryStream stream = new(weights, writable: false);
        Forecaster = Forecaster.FromCheckpoint(Checkpoint.FromMemory(name, configuration, stream),
            new ModelLoadOptions { Threads = threads });
    }

    public Forecaster Forecaster { get; }

    /// <summary>Loads a forecaster.</summary>
    /// <param name="path">Its folder; null for the weights that are embedded in this library.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is no forecaster.</exception>
    public static HeldForecaster Open(string? path, int threads)
    {
        if (path is null)
            return new HeldForecaster(Embedded, Resource(ArchiveNames.Configuration), Resource(ArchiveNames.Weights), threads);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        using MemoryStream weights = new();
        checkpoint.WriteWeights(weights);
        return new HeldForecaster(path, Encoding.UTF8.GetBytes(checkpoint.Configuration.GetRawText()), weights.ToArray(), threads);
    }

    /// <summary>Copies the weights of a trained forecaster.</summary>
    public static HeldForecaster Of(TrainableForecaster trained, int threads)
    {
        using MemoryStream weights = new();
        trained.SaveWeights(weights, halfPrecision: false);
        return new HeldForecaster("trained model", Encoding.UTF8.GetBytes(trained.Configuration.ToJson()), weights.ToArray(), threads);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    public static HeldForecaster Read(ArchiveReader archive) => new(
        "model archive", archive.ReadDocument(ArchiveNames.Configuration).ToArray(),
        archive.ReadDocument(ArchiveNames.Weights).ToArray(), threads: 0);

    /// <summary>Adds the model to an archive.</summary>
    /// <returns>The archive.</returns>
    public ArchiveWriter Write(ArchiveWriter archive) =>
        archive.AddDocument(ArchiveNames.Configuration, _configuration).AddDocument(ArchiveNames.Weights, _weights);

    /// <summary>The weights, to train them further.</summary>
    public Checkpoint OpenCheckpoint()
    {
        using MemoryStream stream = new(_weights, writable: false);
        return Checkpoint.FromMemory(Embedded, _configuration, stream);
    }

    /// <summary>Hands the model to its new owner; it is disposed if the owner cannot be created.</summary>
    /// <param name="create">Makes the owner.</param>
    public TOwner HandTo<TOwner>(Func<HeldForecaster, TOwner> create)
    {
        try
        {
            return create(this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Releases the weights, as soon as nothing uses them.</summary>
    public void Dispose() => Forecaster.Dispose();

    private static byte[] Resource(string file)
    {
        Assembly library = typeof(HeldForecaster).Assembly;
        using Stream stream = library.GetManifestResourceStream($"{Embedded}/{file}") ?? throw new InvalidOperationException(
            $"{library.GetName().Name} was built without the weights of {Embedded}; set ModelPath to the folder of a forecaster.");
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
