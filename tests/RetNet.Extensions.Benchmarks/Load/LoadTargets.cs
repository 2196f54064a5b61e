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
    private const int Queue = 8;

    /// <summary>All ways to a RetNet and a Transformer, with a budget that few of their states fill.</summary>
    public static List<ILoadTarget> All(string retnet, string llama)
    {
        MemoryBudget budget = new(12L << 20);
        StateOptions tova = new() { Policy = new Tova(16) };
        return
        [
            Scheduler("retnet", retnet, StateOptions.Default, budget), Scheduler("llama", llama, StateOptions.Default, budget),
            Scheduler("llama with tova", llama, tova, budget), Chat("chat client", retnet, budget), Kernel("kernel", llama),
            Pipeline("pipeline", llama),
        ];
    }

    // Its queue is soon full.
    private static LoadTarget<TextModel> Scheduler(string name, string path, StateOptions state, MemoryBudget budget) =>
        new(name, () => Load(path, budget), (model, request, cancellation) => Scheduled(model, request, state, cancellation));

    private static LoadTarget<ChatModel> Chat(string name, string path, MemoryBudget budget) =>
        new(name, () => new ChatModel(Load(path, budget)), Chatted);

    private static LoadTarget<ServiceProvider> Kernel(string name, string path) => new(name, () => KernelServices(path), Completed);

    private static LoadTarget<Pipeline> Pipeline(string name, string path) => new(name, () => new Pipeline(path), Transformed);

    private static TextModel Load(string path, MemoryBudget budget) => TextModel.Load(
        path, new ModelLoadOptions { Threads = 1 }, new BatchSchedulerOptions { MaxBatch = 8, MaxQueue = Queue, Budget = budget });

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
            text = await model.Scheduler.EnqueueAsync(generation, cancellationToken);
        using (text)
        {
            while (await text.ReadAsync())
                yield return text.Text.ToString();
        }
    }

    private static async IAsyncEnumerable<string> Chatted(
        ChatModel chat, LoadCase request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatOptions options = new() { MaxOutputTokens = request.MaxTokens, Seed = request.Seed, Temperature = request.Temperature };
        await foreach (ChatResponseUpdate update in chat.Client.GetStreamingResponseAsync(request.Prompt, options, cancellationToken))
            yield return update.Text;
    }

    private static ServiceProvider KernelServices(string path)
    {
        ServiceCollection services = new();
        services.AddRetNetChatCompletion(options =>
        {
            options.ModelPath = path;
            options.Threads = 1;
            options.MaxBatch = 8;
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
    private sealed class ChatModel(TextModel model) : IDisposable
    {
        public RetNetChatClient Client { get; } = new(model);

        public void Dispose()
        {
            model.Dispose();
            Client.Dispose();
        }
    }
}
