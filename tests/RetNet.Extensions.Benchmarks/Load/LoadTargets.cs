using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.SemanticKernel;

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>The ways to a model: the scheduler, a chat client, a kernel and a pipeline.</summary>
internal static class LoadTargets
{
    private static int _fullQueues;

    /// <summary>How many requests found a queue full, and waited for a place in it.</summary>
    public static int FullQueues => Volatile.Read(ref _fullQueues);

    /// <summary>A budget that few states fill.</summary>
    public static MemoryBudget SmallBudget() => new(12L << 20);

    /// <summary>All ways to a RetNet, to a Transformer with its full cache, and to one with TOVA. All but the pipelines, whose states no
    /// budget counts, share one.</summary>
    public static List<ILoadTarget> All(string retnet, string llama, MemoryBudget budget)
    {
        LoadModel[] models =
        [
            new("retnet", retnet, MultiStatePolicies.Full, null), new("full cache", llama, MultiStatePolicies.Full, null),
            new("tova", llama, MultiStatePolicies.Tova, "16"),
        ];
        return
        [
            .. models.Select(model => Scheduler(model, budget)), .. models.Select(model => Chat(model, budget)),
            .. models.Select(model => Kernel(model, budget)), .. models.Select(Pipeline),
        ];
    }

    private static LoadTarget<TextModel> Scheduler(LoadModel model, MemoryBudget budget) =>
        new($"scheduler, {model.Name}", () => model.Load(budget), (text, request, end) => Scheduled(text, request, model.State, end));

    private static LoadTarget<ChatModel> Chat(LoadModel model, MemoryBudget budget) =>
        new($"chat client, {model.Name}", () => new ChatModel(model.Load(budget), model.State), Chatted);

    private static LoadTarget<ServiceProvider> Kernel(LoadModel model, MemoryBudget budget) =>
        new($"kernel, {model.Name}", () => KernelServices(model, budget), Completed);

    private static LoadTarget<Pipeline> Pipeline(LoadModel model) =>
        new($"pipeline, {model.Name}", () => new Pipeline(model), Transformed);

    private static async IAsyncEnumerable<string> Scheduled(
        TextModel model, LoadCase request, StateOptions state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        GenerationOptions options = model.DefaultOptions with
        {
            MaxTokens = request.MaxTokens,
            Sampling = model.DefaultOptions.Sampling with { Temperature = request.Temperature, Seed = request.Seed },
            State = state,
        };
        GenerationRequest generation = new(model.Tokenizer.Encode(request.Prompt), options);
        if (!model.Scheduler.TryEnqueue(generation, out ScheduledGeneration? text, cancellationToken))
        {
            Interlocked.Increment(ref _fullQueues);
            text = await model.Scheduler.EnqueueAsync(generation, cancellationToken);
        }

        using (text)
        {
            while (await text.ReadAsync())
                yield return text.Text.ToString();
        }
    }

    private static async IAsyncEnumerable<string> Chatted(
        ChatModel chat, LoadCase request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatOptions options = new()
        {
            MaxOutputTokens = request.MaxTokens,
            Seed = request.Seed,
            Temperature = request.Temperature,
            RawRepresentationFactory = _ => chat.Options,
        };
        await foreach (ChatResponseUpdate update in chat.Client.GetStreamingResponseAsync(request.Prompt, options, cancellationToken))
            yield return update.Text;
    }

    private static ServiceProvider KernelServices(LoadModel model, MemoryBudget budget)
    {
        ServiceCollection services = new();
        services.AddSingleton(budget);
        services.AddRetNetChatCompletion(options =>
        {
            options.ModelPath = model.Path;
            options.Policy = model.Policy;
            options.StateSize = model.StateSize;
            options.Threads = LoadModel.Threads;
            options.MaxBatch = LoadModel.MaxBatch;
            options.MaxQueuedRequests = LoadModel.MaxQueue;
        });
        return services.BuildServiceProvider();
    }

    private static async IAsyncEnumerable<string> Completed(
        ServiceProvider services, LoadCase request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RetNetPromptExecutionSettings settings = new()
        {
            MaxTokens = request.MaxTokens,
            Seed = request.Seed,
            Temperature = request.Temperature,
        };
        IChatCompletionService service = services.GetRequiredService<IChatCompletionService>();
        await foreach (StreamingChatMessageContent update in service.GetStreamingChatMessageContentsAsync(
            [new ChatMessageContent(AuthorRole.User, request.Prompt)], settings, cancellationToken: cancellationToken))
        {
            yield return update.Content ?? "";
        }
    }

    private static async IAsyncEnumerable<string> Transformed(
        Pipeline pipeline, LoadCase request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await Task.Run(() => pipeline.Generate(request.Prompt), cancellationToken);
    }

    /// <summary>A model with its client.</summary>
    private sealed class ChatModel(TextModel model, StateOptions state) : IDisposable
    {
        /// <summary>What requests start from.</summary>
        public GenerationOptions Options { get; } = model.DefaultOptions with { State = state };

        public RetNetChatClient Client { get; } = new(model);

        public void Dispose()
        {
            model.Dispose();
            Client.Dispose();
        }
    }
}
