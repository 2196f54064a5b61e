using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>
/// How calls are written: the texts around their names and arguments. An answer with calls is
/// <c>[text, AfterText] Open call (Between call)* Close</c>, and a call <c>Before name Middle arguments After</c>.
/// </summary>
/// <param name="Before">What stands before the name.</param>
/// <param name="Middle">What stands between the name and the arguments.</param>
/// <param name="After">What stands between the arguments and the end of the call.</param>
internal sealed record CallForm(string Before, string Middle, string After)
{
    /// <summary>Stands for the call's id in the texts.</summary>
    public const char IdPlace = '\uE000';

    /// <summary>What stands before the first call.</summary>
    public string Open { get; init; } = "";

    /// <summary>What stands between two calls; null if an answer has one call at most.</summary>
    public string? Between { get; init; }

    /// <summary>What stands after the last call.</summary>
    public string Close { get; init; } = "";

    /// <summary>What stands between a text and the first call after it.</summary>
    public string AfterText { get; init; } = "";

    /// <summary>What begins an answer that begins with text, such as the name of a recipient.</summary>
    public string BeforeText { get; init; } = "";

    /// <summary>How arguments are written one by one; null when they are one JSON object.</summary>
    public ParameterForm? Parameters { get; init; }

    /// <summary>What stands between the name and <see cref="After"/> when there are no arguments; null for the same as with some.</summary>
    public string? NoArguments { get; init; }

    /// <summary>All ways to write what stands around a name; none for <see cref="Before"/> and <see cref="Middle"/> only.</summary>
    public IReadOnlyList<(string Before, string Middle)> Headers { get; init; } = [];

    /// <summary>Whether one of the texts has a part.</summary>
    public bool Contains(string part) => new[]
    {
        Open, Before, Middle, After, Between, Close, AfterText, NoArguments,
        Parameters?.Before, Parameters?.Middle, Parameters?.MiddleOfJson, Parameters?.After,
    }.Any(text => text?.Contains(part, StringComparison.Ordinal) == true);

    /// <summary>The calls as the form writes them. Its own texts may be control tokens, names, ids and arguments may not.</summary>
    public MarkedText Write(IReadOnlyList<FunctionCall> calls)
    {
        MarkedTextBuilder text = new();
        text.Append(MarkedText.Trusted(Open));
        for (int i = 0; i < calls.Count; i++)
        {
            FunctionCall call = calls[i];
            bool isEmpty = !call.Arguments.EnumerateObject().Any();
            if (i > 0)
                Append(Between ?? "\n");
            Append(Before);
            text.Append(MarkedText.From(TextOrigin.Conversation, call.Name));
            if (isEmpty && NoArguments is not null)
            {
                Append(NoArguments);
            }
            else
            {
                Append(Middle);
                text.Append(Parameters?.Write(call.Arguments)
                    ?? MarkedText.From(TextOrigin.Conversation, CallJson.Text(call.Arguments)));
            }

            Append(After);

            void Append(string part)
            {
                int place = part.IndexOf(IdPlace);
                text.Append(MarkedText.Trusted(place < 0 ? part : part[..place]));
                if (place < 0)
                    return;
                text.Append(MarkedText.From(TextOrigin.Conversation, call.Id));
                Append(part[(place + 1)..]);
            }
        }

        text.Append(MarkedText.Trusted(Close));
        return text.ToMarkedText();
    }
}
