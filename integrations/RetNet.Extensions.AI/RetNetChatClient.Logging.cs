using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <content>What is logged.</content>
public sealed partial class RetNetChatClient
{
    /// <summary>The options that a request brings to start from; null if there are none.</summary>
    private GenerationOptions? RawOptions(ChatOptions? options) =>
        _warnings.Raw<GenerationOptions>(options?.RawRepresentationFactory?.Invoke(this));

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning,
        Message = "A prompt has {Tokens} tokens; the context of model {Model} is {Context}. It was not trained on later positions.")]
    private partial void LogLongPrompt(int tokens, int context, string model);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning,
        Message = "The state of a conversation with model {Model} cannot be saved. Its next turn reads the messages again.")]
    private partial void LogUnsaved(string model, Exception exception);
}
