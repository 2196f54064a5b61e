using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>An ML.NET pipeline that generates texts.</summary>
internal sealed class Pipeline : IDisposable
{
    private readonly MLContext _context = new(seed: 1);
    private readonly ITransformer _transformer;

    public Pipeline(LoadModel model) => _transformer = _context.Transforms.Text.RetNetGenerate(new RetNetGenerationEstimator.Options
    {
        OutputColumnName = "Reply",
        InputColumnName = nameof(Row.Text),
        ModelPath = model.Path,
        Policy = model.Policy,
        StateSize = model.StateSize,
        Threads = LoadModel.Threads,
        MaxTokens = 12,
        Temperature = 0,
    }).Fit(Rows(""));

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
