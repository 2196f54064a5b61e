using System.Runtime.InteropServices;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool;

/// <summary>A conversation whose state is kept between turns, so that a turn costs no more than its own tokens.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How answers are generated.</param>
/// <param name="system">A system message, or null.</param>
internal sealed class Conversation(TextModel model, GenerationOptions options, string? system) : IDisposable
{
    private readonly Generator _generator = model.CreateGenerator();
    private readonly List<ChatTemplateMessage> _messages = system is null ? [] : [new ChatTemplateMessage("system", system)];

    // What the state has seen.
    private readonly List<int> _seen = [];
    private SequenceState? _state;

    /// <summary>Answers a message.</summary>
    public Answer Reply(string message, TextWriter? output, CancellationToken cancellation)
    {
        _messages.Add(new ChatTemplateMessage("user", message));
        int[] conversation = model.Tokenizer.EncodeChat(_messages);
        ReadOnlyMemory<int> prompt = Continue(conversation);
        Answer answer = Answer.Generate(_generator, new GenerationRequest(prompt, options, _state), output, cancellation);
        _messages.Add(new ChatTemplateMessage("assistant", answer.Text));
        _seen.AddRange(prompt.Span);
        _seen.AddRange(answer.Tokens);
        _seen.RemoveRange((int)_state!.Position, _seen.Count - (int)_state.Position);
        return answer;
    }

    public void Dispose() => _state?.Dispose();

    /// <summary>
    /// The part of the conversation that the state has not seen. A template may write an earlier turn otherwise than it was generated,
    /// and then the whole conversation is read again.
    /// </summary>
    private ReadOnlyMemory<int> Continue(int[] conversation)
    {
        if (_state is not null && _seen.Count < conversation.Length && conversation.AsSpan().StartsWith(CollectionsMarshal.AsSpan(_seen)))
            return conversation.AsMemory(_seen.Count);
        _state?.Dispose();
        _state = model.Model.CreateState(options.State);
        _seen.Clear();
        return conversation;
    }
}
