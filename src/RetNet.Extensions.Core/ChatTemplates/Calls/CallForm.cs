using System.Text;

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

    /// <summary>Whether one of the texts has a part.</summary>
    public bool Contains(string part) => new[]
    {
        Open, Before, Middle, After, Between, Close, AfterText, NoArguments,
        Parameters?.Before, Parameters?.Middle, Parameters?.MiddleOfJson, Parameters?.After,
    }.Any(text => text?.Contains(part, StringComparison.Ordinal) == true);

    /// <summary>The calls as the form writes them.</summary>
    public string Write(IReadOnlyList<FunctionCall> calls)
    {
        StringBuilder text = new(Open);
        for (int i = 0; i < calls.Count; i++)
        {
            FunctionCall call = calls[i];
            bool isEmpty = !call.Arguments.EnumerateObject().Any();
            text.Append(i == 0 ? "" : Between ?? "\n").Append(Before).Append(call.Name);
            text.Append(isEmpty && NoArguments is not null ? NoArguments
                : Middle + (Parameters?.Write(call.Arguments) ?? CallJson.Text(call.Arguments)));
            text.Append(After).Replace(IdPlace.ToString(), call.Id);
        }

        return text.Append(Close).ToString();
    }
}
