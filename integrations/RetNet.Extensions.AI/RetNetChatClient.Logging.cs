using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <content>What is logged.</content>
public sealed partial class RetNetChatClient
{
    // What was logged once: unknown keys of AdditionalProperties, types of options, and functions whose schemas cannot be kept. Requests
    // are foreign, so that there is a limit.
    private const int MostLogged = 1_000;
    private readonly ConcurrentDictionary<string, bool> _logged = [];

    private void LogUnconstrained(IReadOnlyList<string> functions)
    {
        foreach (string problem in functions)
        {
            if (IsNew(problem))
                LogUnconstrained(problem, _model.Name);
        }
    }

    private void LogUnknown(ChatOptions? options)
    {
        foreach (string key in new RequestProperties(options?.AdditionalProperties).Unknown)
        {
            if (IsNew(key))
                LogUnknown(key, _model.Name);
        }
    }

    /// <summary>The options that a request brings to start from; null if there are none.</summary>
    private GenerationOptions? RawOptions(ChatOptions? options)
    {
        object? raw = options?.RawRepresentationFactory?.Invoke(this);
        if (raw is not (null or GenerationOptions) && IsNew(raw.GetType().ToString()))
            LogUnknownOptions(raw.GetType(), _model.Name);
        return raw as GenerationOptions;
    }

    private bool IsNew(string problem) => _logged.Count < MostLogged && _logged.TryAdd(problem, true);

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning,
        Message = "A prompt has {Tokens} tokens; the context of model {Model} is {Context}. It was not trained on later positions.")]
    private partial void LogLongPrompt(int tokens, int context, string model);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning,
        Message = "The state of a conversation with model {Model} cannot be saved. Its next turn reads the messages again.")]
    private partial void LogUnsaved(string model, Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning,
        Message = "{Problem} Model {Model} may call it with any arguments. It is not logged again.")]
    private partial void LogUnconstrained(string problem, string model);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
        Message = "The setting {Key} means nothing to model {Model} and is ignored. It is not logged again.")]
    private partial void LogUnknown(string key, string model);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning,
        Message = "RawRepresentationFactory gives a {Type}, which means nothing to model {Model} and is ignored; it reads "
            + nameof(GenerationOptions) + ". It is not logged again.")]
    private partial void LogUnknownOptions(Type type, string model);
}
