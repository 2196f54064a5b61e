using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>What a caller was told of an answer, so that a repeated turn goes on where it broke off.</summary>
/// <param name="id">The id of the conversation.</param>
/// <param name="isKept">Whether the conversation is kept.</param>
internal sealed class ToldAnswer(string id, bool isKept)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private int _others;
    private int _logProbs;
    private int _textAgain;
    private int _reasoningAgain;
    private int _othersAgain;
    private int _logProbsAgain;

    // The character from which on a repeated answer is another one. Nothing of it is told.
    private int? _difference;

    /// <summary>The answer comes from its beginning.</summary>
    public void BeginAgain() => (_textAgain, _reasoningAgain, _othersAgain, _logProbsAgain) = (0, 0, 0, 0);

    /// <summary>Leaves in an update what is new.</summary>
    /// <returns>Whether anything is left.</returns>
    public bool TakeNew(ChatResponseUpdate update)
    {
        bool hadContent = update.Contents.Count > 0;
        update.Contents = [.. update.Contents.Where(content => _difference is null && IsNew(content))];
        if (_difference is not null)
            return false;

        // They may come with a later piece of text than before.
        bool hasLogProbs = TakeNewLogProbs(update);
        return update.Contents.Count > 0 || !hadContent || hasLogProbs || update.FinishReason is not null;
    }

    /// <summary>The answer came to its end.</summary>
    /// <exception cref="InvalidOperationException">It is another one than what was told.</exception>
    public void End()
    {
        if (_textAgain < _text.Length)
            _difference ??= _textAgain;
        else if (_reasoningAgain < _reasoning.Length)
            _difference ??= _reasoningAgain;
        if (_difference is { } position)
        {
            throw new InvalidOperationException($"A turn of conversation '{id}' was repeated after a failure, and its answer differs at "
                + $"character {position} from what was told; expected the same text from the same seed."
                + (isKept ? " The conversation has the repeated answer, which its next turn follows; read it there." : ""));
        }
    }

    private bool IsNew(AIContent content)
    {
        switch (content)
        {
            case TextContent text:
                text.Text = Rest(text.Text, _text, ref _textAgain);
                return text.Text.Length > 0;
            case TextReasoningContent reasoning:
                reasoning.Text = Rest(reasoning.Text, _reasoning, ref _reasoningAgain);
                return reasoning.Text.Length > 0 || reasoning.ProtectedData is not null;
            default:
                if (_othersAgain++ < _others)
                    return false;
                _others++;
                return true;
        }
    }

    private string Rest(string text, StringBuilder told, ref int position)
    {
        int again = Math.Min(text.Length, told.Length - position);
        for (int i = 0; i < again; i++)
        {
            if (told[position + i] == text[i])
                continue;
            _difference = position + i;
            return "";
        }

        position += text.Length;
        string rest = text[again..];
        told.Append(rest);
        return rest;
    }

    private bool TakeNewLogProbs(ChatResponseUpdate update)
    {
        if (update.AdditionalProperties?.GetValueOrDefault(TurnUpdate.LogProbsKey) is not List<TokenLogProbs> tokens)
            return false;
        int again = Math.Min(tokens.Count, _logProbs - _logProbsAgain);
        _logProbsAgain += tokens.Count;
        _logProbs = Math.Max(_logProbs, _logProbsAgain);
        if (again == tokens.Count)
            update.AdditionalProperties.Remove(TurnUpdate.LogProbsKey);
        else
            update.AdditionalProperties[TurnUpdate.LogProbsKey] = tokens[again..];
        return again < tokens.Count;
    }
}
