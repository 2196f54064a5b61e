using Microsoft.ML;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Fuzz.Mutations;
using RetNet.Extensions.ML.Tests;
using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>ML.NET's archives with a transformer of each kind: an entry is changed, with what the list of entries says of it; loaded, and
/// given two rows.</summary>
internal sealed class ArchiveReader : Reader
{
    private static readonly string[] Documents =
        ["settings.json", "settings.json", "settings.json", "config.json", "tokenizer.json", "tokenizer_config.json",
        "generation_config.json"];

    private static readonly string[] Files = ["Model.key", "model.safetensors", "head.safetensors"];

    // Outer exceptions of ML.NET's loading and of reflection say less than the one that they hold.
    private static readonly Type[] Refusals =
    [
        typeof(FormatException), typeof(
            InvalidDataException), typeof(CheckpointException), typeof(TokenizerException), typeof(ChatTemplateException),
    ];

    private readonly MLContext _context = new(seed: 1);

    public ArchiveReader()
    {
        IDataView data = Rows(8);
        Seeds =
        [
            Save(_context.Transforms.Text.RetNetEmbedding("Out", "Text", TinyText.RetNet).Fit(data), data),
            Save(_context.Transforms.Text.RetNetGenerate("Out", "Text", TinyText.Llama, maxTokens: 2).Fit(data), data),
            Save(_context.Transforms.Text.RetNetPerplexity("Out", "Text", TinyText.Llama).Fit(data), data),
            Save(_context.BinaryClassification.Trainers.RetNetTextClassification(Tiny(new RetNetBinaryTrainer.Options
                { LabelColumnName = "Liked", Sentence1ColumnName = "Text" })).Fit(data), data),
            Save(_context.Regression.Trainers.RetNetTextRegression(Tiny(new RetNetRegressionTrainer.Options
                { LabelColumnName = "Stars", Sentence1ColumnName = "Text" })).Fit(data), data),
            Save(_context.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(
                _context.MulticlassClassification.Trainers.RetNetTextClassification(Tiny(new RetNetMulticlassTrainer.Options
                    { Sentence1ColumnName = "Text" }))).Fit(data), data),
        ];
    }

    public override string Name => "archives";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(byte[] input, Mutation mutation)
    {
        if (mutation.OnceIn(10))
            return Bytes.Mutate(input, mutation, input.Length);
        using ModelArchiveFile file = new();
        File.WriteAllBytes(file.Path, input);
        try
        {
            if (mutation.OnceIn(4))
                file.Change(mutation.Pick(Files), content => Bytes.Mutate(content, mutation));
            else
                file.Forge(mutation.Pick(Documents), content => Json.Mutate(content, mutation));
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or ArgumentException)
        {
            return input;
        }

        return File.ReadAllBytes(file.Path);
    }

    public override void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        ITransformer transformer = _context.Model.Load(stream, out _);
        using IDisposable? model = transformer as IDisposable;
        IDataView result = transformer.Transform(Rows(2));
        using DataViewRowCursor cursor = result.GetRowCursor(result.Schema);
        while (cursor.MoveNext())
        {
            foreach (DataViewSchema.Column column in result.Schema.Where(column => !column.IsHidden))
                Values.Read(cursor, column);
        }
    }

    public override bool IsRefusal(Exception exception)
    {
        // An archive may name any columns; that data lack one is found when they are given to its transformer.
        if (exception is ArgumentOutOfRangeException { ParamName: "inputSchema" } || GivesNoToken(exception))
            return true;
        while (exception.InnerException is { } inner && !Refusals.Contains(exception.GetType()))
            exception = inner;
        return Refusals.Contains(exception.GetType()) || IsOthers(exception);
    }

    /// <summary>Whether other libraries refuse the archive: ML.NET and .NET's zip files.</summary>
    private static bool IsOthers(Exception exception) =>
        exception.StackTrace?.Contains("RetNet.Extensions.ML", StringComparison.Ordinal) == false;

    private byte[] Save(ITransformer transformer, IDataView data)
    {
        using MemoryStream stream = new();
        _context.Model.Save(transformer, data.Schema, stream);
        (transformer as IDisposable)?.Dispose();
        return stream.ToArray();
    }

    private IDataView Rows(int count) => _context.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row
    {
        Text = $"The dog ran {i}.",
        Kind = i % 2 == 0 ? "dog" : "cat",
        Liked = i % 2 == 0,
        Stars = i,
    }));

    private static T Tiny<T>(T options)
        where T : RetNetTrainerOptions
    {
        (options.Width, options.Layers, options.Heads, options.VocabularySize) = (16, 1, 2, 300);
        (options.MaxEpoch, options.BatchSize, options.Threads) = (1, 8, 1);
        return options;
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string Kind { get; set; } = "";

        public bool Liked { get; set; }

        public float Stars { get; set; }
    }
}
