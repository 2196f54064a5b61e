using System.Numerics.Tensors;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Embeddings;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

public sealed class RetNetEmbeddingGeneratorTests
{
    private const string Text = "A dog ran through the park.";

    private static readonly string LongText = string.Concat(Enumerable.Repeat(Text + " ", 80));

    [Theory]
    [InlineData("retnet-tinystories", EmbeddingPooling.Mean)]
    [InlineData("retnet-tinystories", EmbeddingPooling.LastToken)]
    [InlineData("llama-tinystories", EmbeddingPooling.Mean)]
    public async Task A_vector_is_the_pooled_hidden_state(string name, EmbeddingPooling pooling)
    {
        TextModel model = Models.Get(name);
        using RetNetEmbeddingGenerator generator = new(model, new() { Pooling = pooling, Normalize = false });

        Embedding<float> embedding = await generator.GenerateAsync(Text);

        AssertClose(Pool(model, Text, pooling), embedding.Vector.Span);
        Assert.Equal(name, embedding.ModelId);
    }

    [Fact]
    public async Task A_text_longer_than_one_forward_is_pooled_whole()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet, new() { Normalize = false });
        Assert.True(Models.RetNet.Tokenizer.Encode(LongText).Length > 512);

        Embedding<float> embedding = await generator.GenerateAsync(LongText);

        AssertClose(Pool(Models.RetNet, LongText, EmbeddingPooling.Mean), embedding.Vector.Span);
    }

    [Fact]
    public async Task A_vector_has_length_one_unless_told_otherwise()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);

        Embedding<float> normalized = await generator.GenerateAsync(Text);
        Embedding<float> raw = await generator.GenerateAsync(
            Text, new() { RawRepresentationFactory = _ => new RetNetEmbeddingOptions { Normalize = false } });

        Assert.Equal(1, TensorPrimitives.Norm(normalized.Vector.Span), 1e-5);
        Assert.NotEqual(1, TensorPrimitives.Norm(raw.Vector.Span), 0.1);
        Assert.Equal(1, TensorPrimitives.CosineSimilarity(normalized.Vector.Span, raw.Vector.Span), 1e-5);
    }

    [Fact]
    public async Task Any_number_of_requests_may_wait_unless_they_say_otherwise()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { MaxQueue = 2, StateBudgetBytes = 1 << 24 });
        using RetNetEmbeddingGenerator generator = new(model);
        EmbeddingGenerationOptions impatient = new() { AdditionalProperties = new() { ["refuse_when_busy"] = true } };
        List<Task<GeneratedEmbeddings<Embedding<float>>>> requests = [];

        // Without memory for states none goes on.
        using (await model.Budget.ReserveAsync(model.Budget.Bytes))
        {
            for (int i = 0; i < Math.Max(1, Environment.ProcessorCount / 2) + 2; i++)
                requests.Add(generator.GenerateAsync([Text], impatient));
            QueueFullException refused = await Assert.ThrowsAsync<QueueFullException>(() => generator.GenerateAsync([Text], impatient));
            Assert.Equal(2, refused.QueuedRequests);
            for (int i = 0; i < 20; i++)
                requests.Add(generator.GenerateAsync([Text]));
            Assert.All(requests, request => Assert.False(request.IsCompleted));
        }

        foreach (GeneratedEmbeddings<Embedding<float>> vectors in await Task.WhenAll(requests))
            Assert.Single(vectors);
        Assert.Single(await generator.GenerateAsync([Text], impatient));
    }

    [Fact]
    public async Task States_that_never_fit_and_texts_that_are_too_long_are_refused()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { StateBudgetBytes = 1 << 21 });
        using RetNetEmbeddingGenerator generator = new(model);
        int tokens = model.EncodePrompt(LongText).Length;

        StateBudgetException large = await Assert.ThrowsAsync<StateBudgetException>(() => generator.GenerateAsync([LongText]));
        Assert.Equal(model.Model.StateBytes(model.DefaultOptions.State, tokens), large.RequiredBytes);
        EmbeddingGenerationOptions limited = new() { AdditionalProperties = new() { ["max_prompt_tokens"] = tokens - 1 } };
        PromptLengthException refused = await Assert.ThrowsAsync<PromptLengthException>(
            () => generator.GenerateAsync(["x", LongText], limited));
        Assert.Equal((tokens, tokens - 1), (refused.Tokens, refused.Limit));
        Assert.Equal(50, (await generator.GenerateAsync(Enumerable.Repeat("x", 50), limited)).Count);
        Assert.Equal(0, model.Scheduler.ReservedStateBytes);
        Assert.Equal(0, model.Budget.HeldBytes);
    }

    [Fact]
    public async Task Short_texts_for_a_RetNet_take_no_room_for_states()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { StateBudgetBytes = 1 << 24 });
        using RetNetEmbeddingGenerator generator = new(model);
        using (await model.Budget.ReserveAsync(model.Budget.Bytes))
            Assert.Equal(51, (await generator.GenerateAsync(Enumerable.Repeat(Text, 51))).Count);
    }

    [Fact]
    public async Task A_text_that_never_fits_is_refused_before_others_wait_or_are_computed()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { StateBudgetBytes = 1 << 21 });
        using RetNetEmbeddingGenerator generator = new(model);
        using (await model.Budget.ReserveAsync(model.Budget.Bytes))
        {
            await Assert.ThrowsAsync<StateBudgetException>(
                () => generator.GenerateAsync([Text, LongText]).WaitAsync(TimeSpan.FromMinutes(1)));
        }
    }

    [Fact]
    public void Texts_of_a_request_leave_room_in_the_budget()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { StateBudgetBytes = 1 << 18 });
        TextEmbedder embedder = new(model, state: model.DefaultOptions.State);
        int[][] tokens = [.. Enumerable.Repeat(embedder.Encode(Text, out _), 50)];
        Assert.True(embedder.StateBytes(tokens) > model.Budget.Bytes / 4);

        IReadOnlyList<int[]>[] parts = [.. new EncodedTexts(embedder, tokens, Cut: 0).Within(model.Budget)];

        Assert.Equal(50, parts.Sum(part => part.Count));
        Assert.All(parts, part => Assert.True(embedder.StateBytes(part) <= model.Budget.Bytes / 4));
    }

    [Fact]
    public async Task A_text_does_not_depend_on_the_others()
    {
        using RetNetEmbeddingGenerator generator = new(Models.Llama);
        string[] texts = [Text, LongText, "", "x", LongText, Text];

        GeneratedEmbeddings<Embedding<float>> together = await generator.GenerateAsync(texts);

        Assert.Equal(texts.Length, together.Count);
        for (int i = 0; i < 4; i++)
            Assert.Equal((await generator.GenerateAsync(texts[i])).Vector.ToArray(), together[i].Vector.ToArray());
        Assert.Equal(together[0].Vector.ToArray(), together[5].Vector.ToArray());
        Assert.Equal(together[1].Vector.ToArray(), together[4].Vector.ToArray());
    }

    [Fact]
    public async Task Usage_counts_the_tokens_of_all_texts()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync([Text, "", Text]);

        // The empty text counts as one token, the one that begins a text.
        Assert.Equal((2 * Models.RetNet.Tokenizer.Encode(Text).Length) + 1, embeddings.Usage!.InputTokenCount);
        Assert.Equal(embeddings.Usage.InputTokenCount, embeddings.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task No_texts_give_no_vectors()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);

        Assert.Empty(await generator.GenerateAsync([]));
    }

    [Fact]
    public async Task Dimensions_are_the_first_values_scaled_again_and_at_most_the_models_width()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);

        Assert.Equal(192, (await generator.GenerateAsync(Text, new() { Dimensions = 192, ModelId = "retnet-tinystories" })).Dimensions);
        float[] whole = (await generator.GenerateAsync(Text)).Vector.ToArray();
        float[] first = (await generator.GenerateAsync(Text, new() { Dimensions = 64 })).Vector.ToArray();
        AssertClose([.. whole[..64].Select(value => value / TensorPrimitives.Norm(whole.AsSpan(0, 64)))], first);
        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(Text,
            new() { Dimensions = 193 }));
        Assert.Contains("Dimensions is 193", failure.Message, StringComparison.Ordinal);
        Assert.Contains("192", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(Text, new() { ModelId = "ada" }));
    }

    [Fact]
    public async Task Null_texts_are_refused()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);

        await Assert.ThrowsAsync<ArgumentNullException>("values", () => generator.GenerateAsync((IEnumerable<string>)null!));
        Assert.Contains("Text 1 is null",
            (await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync([Text, null!]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_is_seen()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);
        using CancellationTokenSource cancellation = new(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(Enumerable.Repeat(LongText, 500), null,
            cancellation.Token));
    }

    [Fact]
    public void Services_are_metadata_generator_and_model()
    {
        using RetNetEmbeddingGenerator generator = new(Models.RetNet);

        EmbeddingGeneratorMetadata metadata = generator.GetRequiredService<EmbeddingGeneratorMetadata>();
        Assert.Equal(
            ("retnet", "retnet-tinystories", 192), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(generator, generator.GetService<RetNetEmbeddingGenerator>());
        Assert.Same(Models.RetNet, generator.GetService<TextModel>());
        Assert.Null(generator.GetService(typeof(EmbeddingGeneratorMetadata), "key"));
    }

    private static float[] Pool(TextModel model, string text, EmbeddingPooling pooling)
    {
        int[] tokens = model.Tokenizer.Encode(text);
        int width = model.Model.Info.Width;
        float[] hidden = new float[tokens.Length * width];
        using SequenceState state = model.Model.CreateState();
        model.Model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllHidden), hidden);
        return pooling == EmbeddingPooling.LastToken
            ? hidden[^width..]
            : [.. Enumerable.Range(
                0, width).Select(column =>
                    (float)Enumerable.Range(0, tokens.Length).Average(row => (double)hidden[(row * width) + column]))];
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4);
    }
}
