using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.DependencyInjection;
using RetNet.Extensions.Orleans.Bulk;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Many texts over silos.</summary>
public sealed class BulkTextsTests : IDisposable
{
    private static readonly string[] Stories = ["Once upon a time there was a cat.", "The dog ran.", "A",
        "He saw a big red ball in the sky."];

    private readonly string _results = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_results);

    [Fact]
    public async Task Texts_are_scored_embedded_and_classified_as_the_model_itself_does()
    {
        using TextModel model = Models.Load("retnet-tinystories");
        await using SiloHost silo = await SiloHost.StartAsync((host, silo) =>
        {
            host.Services.AddRetNet(options => (options.ModelPath, options.Threads) = (Models.PathOf("retnet-tinystories"), 1));
            host.Services.AddRetNetEmbeddingGenerator();
            host.Services.AddRetNetBulkTexts();
            silo.AddRetNetPerplexityWorker().AddRetNetEmbeddingWorker()
                .AddRetNetLabelWorker("animal", ["cat", "dog"], "{0} It is about a {1}");
        });
        SequenceLikelihood likelihood = new(model.Model);

        IReadOnlyList<float>[] scores = await RunAsync(silo, "perplexity", Stories);
        IReadOnlyList<float>[] vectors = await RunAsync(silo, "embedding", Stories);
        IReadOnlyList<float>[] labels = await RunAsync(silo, "animal", Stories);

        int[][] tokens = [.. Stories.Select(model.EncodePrompt)];
        double[] nats = likelihood.Score(tokens);
        float[][] embedded = new SequenceEmbedder(model.Model).Embed(tokens);
        for (int i = 0; i < Stories.Length; i++)
        {
            Assert.Equal((float)nats[i], scores[i][1]);
            Assert.Equal(tokens[i].Length - 1, scores[i][2]);
            Assert.Equal((float)Math.Exp(nats[i] / (tokens[i].Length - 1)), scores[i][0]);
            Assert.Equal(embedded[i], vectors[i]);
            double[] sentences = likelihood.Score(
                [model.EncodePrompt($"{Stories[i]} It is about a cat"), model.EncodePrompt($"{Stories[i]} It is about a dog")]);
            Assert.Equal(1 / (1 + Math.Exp(sentences[0] - sentences[1])), labels[i][0], 1e-5);
            Assert.Equal(1, labels[i].Sum(), 1e-5);
        }

        Assert.True(labels[0][0] > 0.5 && labels[1][1] > 0.5);
    }

    [Fact]
    public async Task Scoring_waits_until_the_model_s_budget_has_room()
    {
        using TextModel model = TextModel.Load(
            Models.PathOf("retnet-tinystories"), scheduling: new BatchSchedulerOptions { StateBudgetBytes = 64 << 20 });
        using TextLikelihood likelihood = new(new SharedModel(model));
        IDisposable others = await model.Budget.ReserveAsync(model.Budget.Bytes);

        Task<IReadOnlyList<(double Nats, int Tokens)>> scoring = likelihood.ScoreAsync(Stories, CancellationToken.None);

        // There is time enough for it.
        double[] nats = [];
        for (int i = 0; i < 5; i++)
            nats = new SequenceLikelihood(model.Model).Score([.. Stories.Select(model.EncodePrompt)]);
        Assert.False(scoring.IsCompleted);
        others.Dispose();
        Assert.Equal(nats, (await scoring).Select(score => score.Nats));
    }

    [Fact]
    public async Task All_silos_work_and_no_more_is_in_flight_than_allowed()
    {
        LengthWorker one = new();
        LengthWorker other = new();
        await using SiloHost first = await StartAsync(one);
        await using SiloHost second = await StartAsync(other, joins: first);
        await Waiting.UntilAsync(() => first.Services.GetRequiredService<IClusterManifestProvider>().Current.Silos.Count == 2);
        int read = 0;
        int ahead = 0;
        int done = 0;

        await foreach (BulkResult result in Bulk(first).RunAsync(
            "length", Numbers().ToAsyncEnumerable(), new BulkOptions { BatchSize = 5, BatchesInFlight = 8 }))
        {
            Assert.Equal(done++, result.Index);
            Assert.Equal($"text {result.Index}".Length, result.Values[0]);
            ahead = Math.Max(ahead, read - done);
        }

        Assert.Equal(500, one.Texts.Count + other.Texts.Count);
        Assert.Equal(500, one.Texts.Concat(other.Texts).Distinct().Count());
        Assert.NotEmpty(one.Texts);
        Assert.NotEmpty(other.Texts);
        Assert.InRange(ahead, 0, 5 * 8);

        IEnumerable<string> Numbers()
        {
            for (; read < 500; read++)
                yield return $"text {read}";
        }
    }

    [Fact]
    public async Task A_file_of_results_is_continued()
    {
        string[] texts = [.. Enumerable.Range(0, 40).Select(number => new string('x', number))];
        BulkOptions options = new() { BatchSize = 4, BatchesInFlight = 2, ResultsPath = _results };
        await using (SiloHost first = await StartAsync(new LengthWorker()))
        {
            await foreach (BulkResult result in Bulk(first).RunAsync("length", texts.ToAsyncEnumerable(), options))
            {
                if (result.Index == 9)
                    break;
            }
        }

        // As a crash leaves it: in the middle of a line.
        string[] kept = File.ReadAllLines(_results);
        await File.AppendAllTextAsync(_results, "{\"text\":\"");
        LengthWorker worker = new();
        await using SiloHost silo = await StartAsync(worker);
        List<BulkResult> all = await Bulk(silo).RunAsync("length", texts.ToAsyncEnumerable(), options).ToListAsync();

        Assert.Equal(texts.Select(text => (float)text.Length), all.Select(result => result.Values[0]));
        Assert.Equal(1 + 12, kept.Length);
        Assert.Equal(texts[12..], worker.Texts.OrderBy(text => text.Length));
        Assert.Equal(1 + 40, File.ReadAllLines(_results).Length);
    }

    [Fact]
    public async Task A_file_of_results_may_have_passed_through_Windows()
    {
        await using SiloHost silo = await StartAsync(new LengthWorker());
        BulkOptions options = new() { ResultsPath = _results };
        await Bulk(silo).RunAsync("length", Stories[..3].ToAsyncEnumerable(), options).ToListAsync();
        await File.WriteAllTextAsync(_results, (await File.ReadAllTextAsync(_results)).ReplaceLineEndings("\r\n"));

        List<BulkResult> all = await Bulk(silo).RunAsync("length", Stories.ToAsyncEnumerable(), options).ToListAsync();
        List<BulkResult> again = await Bulk(silo).RunAsync("length", Stories.ToAsyncEnumerable(), options).ToListAsync();

        Assert.Equal(Stories.Select(text => (float)text.Length), all.Select(result => result.Values[0]));
        Assert.Equal(Stories.Select(text => (float)text.Length), again.Select(result => result.Values[0]));
        Assert.Equal(1 + 4, File.ReadAllLines(_results).Length);
        byte[] marked = [0xEF, 0xBB, 0xBF, .. await File.ReadAllBytesAsync(_results)];
        await File.WriteAllBytesAsync(_results, marked);
        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await Bulk(silo).RunAsync("length", Stories.ToAsyncEnumerable(), options).ToListAsync());
        Assert.Equal(marked, await File.ReadAllBytesAsync(_results));
    }

    [Fact]
    public async Task Jobs_do_not_wait_for_each_other()
    {
        TaskCompletionSource mayEnd = new();
        LengthWorker worker = new() { Before = texts => texts[0] == "slow" ? mayEnd.Task : Task.CompletedTask };
        await using SiloHost silo = await StartAsync(worker);
        BulkOptions options = new() { BatchesInFlight = 1 };

        Task<List<BulkResult>> slow = Bulk(silo).RunAsync("length", new[] { "slow" }.ToAsyncEnumerable(), options).ToListAsync().AsTask();
        await Waiting.UntilAsync(() => worker.Begun.Contains("slow"));
        List<BulkResult> fast = await Bulk(silo).RunAsync("length", Stories.ToAsyncEnumerable(), options).ToListAsync().AsTask()
            .WaitAsync(TimeSpan.FromMinutes(1));
        mayEnd.SetResult();

        Assert.Equal(Stories.Length, fast.Count);
        Assert.Single(await slow);
    }

    [Fact]
    public async Task A_file_of_other_results_is_refused()
    {
        await using SiloHost silo = await StartAsync(new LengthWorker());
        BulkOptions options = new() { ResultsPath = _results };
        await Bulk(silo).RunAsync("length", Stories.ToAsyncEnumerable(), options).ToListAsync();

        InvalidDataException otherWorker = await Assert.ThrowsAsync<InvalidDataException>(
            async () => await Bulk(silo).RunAsync("perplexity", Stories.ToAsyncEnumerable(), options).ToListAsync());
        InvalidDataException otherText = await Assert.ThrowsAsync<InvalidDataException>(
            async () => await Bulk(silo).RunAsync("length", Stories.Reverse().ToAsyncEnumerable(), options).ToListAsync());

        Assert.Contains("the worker 'length'; expected 'perplexity'", otherWorker.Message, StringComparison.Ordinal);
        Assert.Contains("Line 2", otherText.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_worker_is_named()
    {
        await using SiloHost silo = await StartAsync(new LengthWorker());

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(silo, "poetry", Stories));

        Assert.Contains("no worker 'poetry'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_view_goes_in_and_out()
    {
        await using SiloHost silo = await StartAsync(new LengthWorker());
        MLContext ml = new();
        IDataView data = ml.Data.LoadFromEnumerable(Stories.Select(text => new { Text = text }));

        string[] texts = [.. data.GetColumn<string>("Text")];
        List<ScoredText> rows = await Bulk(silo).RunAsync("length", texts.ToAsyncEnumerable())
            .Select(result => new ScoredText { Text = texts[result.Index], Score = [.. result.Values] }).ToListAsync();
        IDataView scored = ml.Data.LoadFromEnumerable(rows);

        Assert.Equal(Stories, scored.GetColumn<string>("Text"));
        Assert.Equal(
            Stories.Select(text => (float)text.Length), scored.GetColumn<VBuffer<float>>("Score")
                .Select(score => score.GetItemOrDefault(0)));
    }

    private static IBulkTexts Bulk(SiloHost silo) => silo.Services.GetRequiredService<IBulkTexts>();

    private static Task<SiloHost> StartAsync(LengthWorker worker, SiloHost? joins = null) => SiloHost.StartAsync(
        (host, silo) =>
        {
            host.Services.AddRetNetBulkTexts();
            silo.AddRetNetTextWorker("length", _ => worker);
        },
        joins);

    private static async Task<IReadOnlyList<float>[]> RunAsync(SiloHost silo, string worker, string[] texts) =>
        await Bulk(silo).RunAsync(worker, texts.ToAsyncEnumerable()).Select(result => result.Values).ToArrayAsync();

    private sealed class ScoredText
    {
        public string Text { get; set; } = "";

        [VectorType(1)]
        public float[] Score { get; set; } = [];
    }

    private sealed class LengthWorker : ITextWorker
    {
        public List<string> Texts { get; } = [];

        public ConcurrentBag<string> Begun { get; } = [];

        /// <summary>What some texts wait for.</summary>
        public Func<IReadOnlyList<string>, Task> Before { get; init; } = _ => Task.CompletedTask;

        public async ValueTask<IReadOnlyList<float[]>> RunAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
        {
            await Task.Yield();
            foreach (string text in texts)
                Begun.Add(text);
            await Before(texts).WaitAsync(cancellationToken);
            lock (Texts)
                Texts.AddRange(texts);
            return [.. texts.Select(text => (float[])[text.Length])];
        }
    }
}
