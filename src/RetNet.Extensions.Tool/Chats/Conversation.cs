using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Chats;

/// <summary>A conversation whose state is kept between turns, so that a turn costs no more than its own tokens.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How answers are generated.</param>
/// <param name="system">A system message, or null.</param>
/// <param name="tools">The functions that the model may call, or null.</param>
internal sealed class Conversation(TextModel model, GenerationOptions options, string? system, ChatTools? tools) : IDisposable
{
    private readonly Generator _generator = model.CreateGenerator();
    private readonly List<ChatTemplateMessage> _messages = system is null ? [] : [new ChatTemplateMessage("system", system)];
    private SequenceState _state = model.Model.CreateState(options.State);
    private int[] _seen = [];

    /// <summary>Tokens that the conversation has so far.</summary>
    public int Tokens => _seen.Length;

    /// <summary>Answers a message.</summary>
    public Answer Reply(string message, TextWriter? output, CancellationToken cancellation)
    {
        _messages.Add(new ChatTemplateMessage("user", message));
        return Answer(output, cancellation);
    }

    /// <summary>Goes on with the results of the last answer's calls.</summary>
    public Answer Reply(IEnumerable<(FunctionCall Call, string Result)> results, TextWriter? output, CancellationToken cancellation)
    {
        _messages.AddRange(results.Select(
            result => new ChatTemplateMessage("tool", result.Result) { Name = result.Call.Name, ToolCallId = result.Call.Id }));
        return Answer(output, cancellation);
    }

    public void Dispose() => _state.Dispose();

    private Answer Answer(TextWriter? output, CancellationToken cancellation)
    {
        int[] conversation = model.Chat.Encode(_messages, tools: tools?.Functions);
        ForgetUnlessContinuedBy(conversation);
        GenerationRequest request = new(conversation.AsMemory(_seen.Length), Options(conversation), _state) { Context = _seen };
        Answer answer = Tool.Answer.Generate(
            _generator, request, output, cancellation,
            model.Chat.Answers.CreateReader(conversation, passesCalls: tools is not null), tools?.CreateReader());
        _messages.Add(new ChatTemplateMessage("assistant", answer.Text)
        {
            Reasoning = answer.Reasoning.Length > 0 ? answer.Reasoning : null,
            ToolCalls = answer.Calls.Count > 0 ? [.. answer.Calls.Select(call => call.ToJson())] : null,
        });
        _seen = [.. conversation.Concat(answer.Tokens).Take((int)_state.Position)];
        return answer;
    }

    /// <summary>The options of an answer, whose calls are valid and whose reasoning begins none.</summary>
    private GenerationOptions Options(int[] prompt)
    {
        AnswerFormat answers = model.Chat.Answers;
        FunctionCallConstraint? calls = tools?.Calls is { } constraint ? answers.Before(constraint, prompt) : null;
        return options with
        {
            VisibleTokens = [.. options.VisibleTokens, .. answers.ControlTokens, .. tools?.ControlTokens ?? []],
            Grammar = calls?.Grammar ?? options.Grammar,
            GrammarTrigger = calls?.Trigger,
        };
    }

    /// <summary>A template may render an earlier turn differently from how it was generated; then the whole conversation is read
    /// again.</summary>
    private void ForgetUnlessContinuedBy(int[] conversation)
    {
        if (_seen.Length < conversation.Length && conversation.AsSpan().StartsWith(_seen))
            return;
        _state.Dispose();
        _state = model.Model.CreateState(options.State);
        _seen = [];
    }
}
