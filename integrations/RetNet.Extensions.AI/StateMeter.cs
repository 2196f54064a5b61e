using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.AI;

/// <summary>Tells in the updates of an answer how its state grows, where the request asks for that.</summary>
/// <param name="model">The model.</param>
/// <param name="state">How the sequence remembers.</param>
/// <param name="promptTokens">The number of tokens of the prompt.</param>
/// <param name="isWanted">Whether the request asks for it.</param>
internal sealed class StateMeter(LanguageModel model, StateOptions state, int promptTokens, bool isWanted)
{
    /// <summary>Where an update has a <see cref="StateProgress"/>.</summary>
    public const string Key = "state";

    /// <summary>Where the last update has the bytes that the state holds at the end. They are no count of the usage, because usages are
    /// added up.</summary>
    public const string BytesKey = "state_bytes";

    private static readonly IMultiStatePolicy Full = MultiStatePolicies.Create(MultiStatePolicies.Full, size: null);

    private readonly StateOptions _full = state with { Policy = Full };

    // The rows of a prompt that are read before its first cut are gone when the first token comes.
    private readonly StateOptions _kept = state with { PromptChunk = 1 };
    private long _tokens = promptTokens;

    /// <summary>Takes what the last read brought.</summary>
    public void Add(ScheduledGeneration text) => _tokens += text.Tokens.Length;

    /// <summary>The update, with the state so far.</summary>
    public ChatResponseUpdate AddTo(ChatResponseUpdate update)
    {
        if (isWanted)
        {
            (update.AdditionalProperties ??= [])[Key] =
                new StateProgress(_tokens, model.StateBytes(_kept, _tokens), FullCacheBytes(model.Info));
        }

        return update;
    }

    private long FullCacheBytes(ModelInfo info)
    {
        if (!info.HasConstantState)
            return model.StateBytes(_full, _tokens);
        int bytes = state.Format == StateFormat.BFloat16 ? sizeof(ushort) : sizeof(float);
        const int keysAndValues = 2;
        return keysAndValues * (long)info.Layers * info.Width * bytes * _tokens;
    }
}
