using RetNet.Extensions.Fuzz.Readers;

namespace RetNet.Extensions.Fuzz;

/// <summary>Every reader of foreign bytes.</summary>
internal static class ReaderList
{
    public static IReadOnlyList<Reader> All { get; } =
    [
        new SafetensorsReader(), new ShardsReader(), new QuantizedReader(), new GgufReader(), new GgufPartsReader(),
        new PeftReader(), new GgufAdapterReader(), new SentencePieceReader(),
        new DocumentReader("config", "config.json"),
        new DocumentReader("tokenizer", "tokenizer.json"), new DocumentReader("settings", "tokenizer_config.json"),
        new DocumentReader("defaults", "generation_config.json"), new TemplateReader(), new GbnfReader(), new RegexReader(),
        new SchemaReader(), new StateReader(), new ArchiveReader(), new RequestReader(), new ConversationReader(), new CallReader(),
        new ConfigurationReader(), new TrainingReader(), new TableReader(), new SeriesReader(),
        new ForecastStateReader(),
    ];

    public static Reader Find(string name) => All.Single(reader => reader.Name == name);
}
