using Microsoft.ML;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class GenerationTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void A_row_is_continued_as_the_generator_continues_its_prompt()
    {
        IReadOnlyList<TextRow> rows = Models.Rows(6);
        GenerationOptions options = Models.RetNet.DefaultOptions with { MaxTokens = 8, Sampling = SamplingOptions.Greedy };
        string[] expected = [.. rows.Select(row => Models.RetNet.CreateGenerator().Generate(new GenerationRequest(
            Models.RetNet.Tokenizer.Encode($"A story. {row.Text} Then"), options)).Text)];

        List<WrittenRow> written = Generate(rows, new() { PromptTemplate = "A story. {text} Then", MaxTokens = 8, Temperature = 0 });

        Assert.Equal(expected, written.Select(row => row.Story));
        Assert.Equal(rows.Select(row => row.Text), written.Select(row => row.Text));
    }

    [Fact]
    public void A_seed_gives_the_same_text_whatever_the_other_rows_are()
    {
        IReadOnlyList<TextRow> rows = Models.Rows(5);
        List<WrittenRow> together = Generate(rows, new() { MaxTokens = 8, Temperature = 1, Seed = 7 });
        List<WrittenRow> alone = Generate([rows[3]], new() { MaxTokens = 8, Temperature = 1, Seed = 7, BatchSize = 1 });

        Assert.Equal(together[3].Story, alone[0].Story);
    }

    [Fact]
    public void Without_a_seed_the_context_gives_it()
    {
        List<WrittenRow>[] runs = [.. Enumerable.Range(
            0, 2).Select(_ => Generate(Models.Rows(2), new() { MaxTokens = 8, Temperature = 1 }, new MLContext(seed: 5)))];

        Assert.Equal(runs[0].Select(row => row.Story), runs[1].Select(row => row.Story));
    }

    [Fact]
    public void The_longest_text_that_may_come_is_not_counted_in_advance()
    {
        List<WrittenRow> written = Generate(
            Models.Rows(3), new() { ModelPath = Models.LlamaPath, MaxTokens = 1_000_000_000, Temperature = 0, StopStrings = { "e" } });

        Assert.All(written, row => Assert.DoesNotContain("e", row.Story, StringComparison.Ordinal));
    }

    [Fact]
    public void Empty_texts_and_stop_strings_are_served()
    {
        List<WrittenRow> written = Generate([new() { Text = "" }, new()], new() { MaxTokens = 8, Temperature = 0, StopStrings = { "e" } });

        Assert.All(written, row => Assert.DoesNotContain("e", row.Story, StringComparison.Ordinal));
    }

    private List<WrittenRow> Generate(IEnumerable<TextRow> rows, RetNetGenerationEstimator.Options options, MLContext? context = null)
    {
        context ??= _context;
        (options.OutputColumnName, options.InputColumnName) = ("Story", "Text");
        options.ModelPath ??= Models.RetNetPath;
        IDataView data = context.Load(rows);
        using RetNetGenerationTransformer transformer = context.Transforms.Text.RetNetGenerate(options).Fit(data);
        return context.Read<WrittenRow>(transformer.Transform(data));
    }
}
