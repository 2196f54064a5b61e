using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.AI.Answers;

/// <summary>Turns the text of an answer into contents as it is generated: reasoning, text, and function calls at its end.</summary>
/// <param name="chat">The request.</param>
/// <param name="options">Its options.</param>
/// <param name="logProbs">Is told which text is content.</param>
internal sealed class AnswerReader(ChatPrompt chat, ChatOptions? options, AnswerLogProbs logProbs)
{
    private readonly ReasoningReader _reasoning = chat.Answers.CreateReader(chat.Tokens, passesCalls: chat.CallFormat is not null);
    private readonly FunctionCallReader? _calls = chat.CallFormat?.CreateReader(chat.Tools);
    private readonly bool _takesSeveralCalls = FunctionTools.TakesSeveralCalls(options);
    private readonly StringBuilder _thought = new();
    private readonly StringBuilder _said = new();

    /// <summary>Whether reasoning is left out of the contents.</summary>
    public bool HidesReasoning { get; } = options?.Reasoning?.Output == ReasoningOutput.None;

    /// <summary>Whether the answer begins with reasoning, hidden or not.</summary>
    public bool HasReasoning => _reasoning.HasBegun;

    /// <summary>The reasoning so far, hidden or not.</summary>
    public string Thought => _thought.ToString();

    /// <summary>The text so far, without reasoning and calls.</summary>
    public string Said => _said.ToString();

    /// <summary>The calls, once the text has ended.</summary>
    public IReadOnlyList<FunctionCallContent> Calls { get; private set; } = [];

    /// <summary>Takes what comes next of the text.</summary>
    /// <returns>What is certain; may be empty.</returns>
    public List<AIContent> Add(string next)
    {
        (string thought, string text) = ("", "");
        foreach (string piece in logProbs.Pieces(next))
        {
            (string reasoning, string answer) = _reasoning.Add(piece);
            string content = Text(answer);
            logProbs.Read(piece, answer, _reasoning.HeldCharacters, content, _calls?.HeldCharacters ?? 0);
            (thought, text) = (thought + reasoning, text + content);
        }

        return Contents(thought, text);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The rest, and the calls.</returns>
    public List<AIContent> Finish()
    {
        (string thought, string answer) = _reasoning.Finish();
        string text = Text(answer) + _calls?.Finish();
        logProbs.Read("", answer, heldReasoning: 0, text, heldCalls: 0);
        IReadOnlyList<FunctionCall> calls = _calls?.Calls ?? [];
        Calls = [.. calls.Take(_takesSeveralCalls ? calls.Count : 1)
            .Select(call => FunctionArguments.Content(call, chat.Tools, chat.TypedTools))];
        return [.. Contents(thought, text), .. Calls];
    }

    private string Text(string answer) => answer.Length > 0 && _calls is not null ? _calls.Add(answer) : answer;

    private List<AIContent> Contents(string thought, string text)
    {
        _thought.Append(thought);
        _said.Append(text);
        List<AIContent> contents = [];
        if (thought.Length > 0 && !HidesReasoning)
            contents.Add(new TextReasoningContent(thought));
        if (text.Length > 0)
            contents.Add(new TextContent(text));
        return contents;
    }
}
