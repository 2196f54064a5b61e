using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary>What an application holds: two models with a chat client each, an embedding generator, and an ML.NET classifier on a third
/// model.</summary>
internal sealed class SoakHost : IDisposable
{
    private const int TrainingRows = 40;

    private readonly MLContext _context = new(seed: 1);
    private readonly TextModel _retnet;
    private readonly TextModel _llama;
    private readonly ITransformer _classifier;

    /// <param name="retnet">The folder of a RetNet.</param>
    /// <param name="llama">The folder of a Transformer.</param>
    /// <param name="budget">Bytes for all states.</param>
    public SoakHost(string retnet, string llama, long budget)
    {
        Budget = budget;
        ModelLoadOptions oneThread = new() { Threads = 1 };
        BatchSchedulerOptions shared = new() { Budget = new MemoryBudget(budget) };
        _retnet = TextModel.Load(retnet, oneThread, shared);
        _llama = TextModel.Load(llama, oneThread, shared);
        RetNetClient = new RetNetChatClient(_retnet);
        LlamaClient = new RetNetChatClient(_llama);
        Embeddings = new RetNetEmbeddingGenerator(_retnet);
        WeightBytes = (2 * _retnet.Model.Info.WeightBytes) + _llama.Model.Info.WeightBytes;
        SoakTexts texts = new(seed: 0);
        IDataView rows = Rows(Enumerable.Range(0, TrainingRows).Select(_ => texts.Sentence()));
        _classifier = _context.Transforms.Text.RetNetEmbedding("Features", nameof(Row.Text), retnet)
            .Append(_context.Transforms.Conversion.MapValueToKey("Label", nameof(Row.Category)))
            .AppendCacheCheckpoint(_context)
            .Append(_context.MulticlassClassification.Trainers.SdcaMaximumEntropy()).Fit(rows);
    }

    /// <summary>Resident bytes of the process before a model was loaded.</summary>
    public long BytesBefore { get; } = Environment.WorkingSet;

    public long Budget { get; }

    /// <summary>Bytes of the three models.</summary>
    public long WeightBytes { get; }

    public IChatClient RetNetClient { get; }

    public IChatClient LlamaClient { get; }

    public IEmbeddingGenerator<string, Embedding<float>> Embeddings { get; }

    /// <summary>Scores texts with the classifier.</summary>
    public int Score(IEnumerable<string> texts) =>
        _classifier.Transform(Rows(texts)).GetColumn<float[]>("Score").Count(score => score.Length > 1);

    public void Dispose()
    {
        RetNetClient.Dispose();
        LlamaClient.Dispose();
        Embeddings.Dispose();
        _retnet.Dispose();
        _llama.Dispose();
        (_classifier as IDisposable)?.Dispose();
    }

    private IDataView Rows(IEnumerable<string> texts) =>
        _context.Data.LoadFromEnumerable([.. texts.Select(text => new Row { Text = text, Category = text.Length % 2 })]);

    /// <summary>A row of ML.NET.</summary>
    internal sealed class Row
    {
        public string Text { get; set; } = "";

        public int Category { get; set; }
    }
}
