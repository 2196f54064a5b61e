using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

// A RetNet and a Transformer in one container; each is loaded by its first request.
const string retNet = "RetNet";
const string transformer = "Transformer, TOVA with 64 rows";
string models = Path.Combine(AppContext.BaseDirectory, "models");
ServiceCollection services = new();
services.AddRetNetChatCompletion(model => model.ModelPath = Path.Combine(models, "retnet-tinystories"), serviceId: retNet);
services.AddRetNetChatCompletion(
    model =>
    {
        model.ModelPath = Path.Combine(models, "llama-tinystories");
        model.Policy = "tova";
        model.StateSize = "64";
    },
    serviceId: transformer);
using ServiceProvider provider = services.BuildServiceProvider();
Kernel kernel = new(provider);

string? prompt = args.Length > 0 ? string.Join(' ', args) : "Tell me a story about a dog.";
try
{
    while (!string.IsNullOrWhiteSpace(prompt))
    {
        Console.WriteLine($"> {prompt}\n");
        await AnswerAsync(retNet, prompt);
        await AnswerAsync(transformer, prompt);

        // Started without a prompt from a terminal: go on until an empty line.
        if (args.Length > 0 || Console.IsInputRedirected)
            break;
        Console.Write("Another prompt (Enter to leave): ");
        prompt = Console.ReadLine();
    }

    return 0;
}
catch (Exception exception)
{
    // Such as a model that is missing or damaged.
    Console.Error.WriteLine($"Chat: {exception.Message}");
    return 1;
}

async Task AnswerAsync(string serviceId, string question)
{
    IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>(serviceId);
    ChatHistory history = [];
    history.AddUserMessage(question);
    UsageDetails? usage = null;
    object? stateBytes = null;
    long firstToken = 0;
    Console.WriteLine($"{serviceId}:");
    await foreach (StreamingChatMessageContent part in chat.GetStreamingChatMessageContentsAsync(history, kernel: kernel))
    {
        Console.Write(part.Content);
        firstToken = firstToken == 0 ? Stopwatch.GetTimestamp() : firstToken;
        usage = (part.Metadata?.GetValueOrDefault("Usage") as UsageContent)?.Details ?? usage;
        stateBytes = part.Metadata?.GetValueOrDefault("state_bytes") ?? stateBytes;
    }

    double rate = (usage?.OutputTokenCount - 1) / Stopwatch.GetElapsedTime(firstToken).TotalSeconds ?? 0;
    Console.WriteLine($"\n[{usage?.OutputTokenCount} tokens, {rate:N0} tokens/s, state {stateBytes:N0} bytes]\n");
}
