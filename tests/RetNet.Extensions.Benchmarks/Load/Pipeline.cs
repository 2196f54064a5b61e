using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>An ML.NET pipeline that generates texts.</summary>
internal sealed class Pipeline : IDisposable
{
    private readonly MLContext _context = new(seed: 1);
    private readonly ITransformer _transformer;

    /// <param name="path">The model.</param>
    public Pipeline(string path) => _transformer = _context.Transforms.Text
        .RetNetGenerate("Reply", nameof(Row.Text), path, maxTokens: 12, temperature: 0, policy: "tova", stateSize: "16").Fit(Rows(""));

    /// <summary>The text that goes on after a prompt.</summary>
    public string Generate(string prompt) => _transformer.Transform(Rows(prompt)).GetColumn<string>("Reply").Single();

    public void Dispose() => (_transformer as IDisposable)?.Dispose();

    private IDataView Rows(string text) => _context.Data.LoadFromEnumerable([new Row { Text = text }]);

    /// <summary>A row of ML.NET.</summary>
    internal sealed class Row
    {
        public string Text { get; set; } = "";
    }
}
