using System.Text;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>What a caller was told of an answer, so that a repeated turn goes on where it broke off.</summary>
internal sealed class ToldAnswer(string id)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private int _others;
    private int _textAgain;
    private int _reasoningAgain;
    private int _othersAgain;

    /// <summary>The answer comes from its beginning.</summary>
    public void BeginAgain() => (_textAgain, _reasoningAgain, _othersAgain) = (0, 0, 0);

    /// <summary>Leaves in an update what is new.</summary>
    /// <returns>Whether anything is left.</returns>
    /// <exception cref="InvalidOperationException">The answer has another text now.</exception>
    public bool TakeNew(ChatResponseUpdate update)
    {
        bool hadContent = update.Contents.Count > 0;
        update.Contents = [.. update.Contents.Where(IsNew)];
        return update.Contents.Count > 0 || !hadContent;
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
            if (told[position + i] != text[i])
                throw Other(position + i);
        }

        position += text.Length;
        string rest = text[again..];
        told.Append(rest);
        return rest;
    }

    private InvalidOperationException Other(int position) => new(
        $"A silo failed while conversation '{id}' was answered, and the repeated answer differs at character {position} from what was "
            + "told; "
        + "expected the same text from the same seed. The conversation has the repeated answer, which its next turn follows; read it "
        + "there.");
}
