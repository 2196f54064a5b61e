using System.Text;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Grammars of texts with control tokens.</summary>
internal static class ControlText
{
    private static readonly Grammar Id = Grammar.FromRegex("[A-Za-z0-9]{9}");

    /// <summary>Any text without control tokens.</summary>
    public static Grammar Anything { get; } = Grammar.FromRegex("[^]*");

    /// <summary>A text: control tokens are themselves, and <see cref="CallForm.IdPlace"/> is any id.</summary>
    /// <param name="text">The text.</param>
    /// <param name="controlTokens">The texts of the control tokens in it.</param>
    public static Grammar Literal(string text, IEnumerable<string> controlTokens)
    {
        List<Grammar> parts = [];
        int done = 0;
        while (done < text.Length)
        {
            int place = text.IndexOf(CallForm.IdPlace, done);
            if (place == done)
            {
                parts.Add(Id);
                done++;
                continue;
            }

            string? token = controlTokens.FirstOrDefault(token => text.AsSpan(done).StartsWith(token, StringComparison.Ordinal));
            if (token is not null)
            {
                ExpressionPool pool = new();
                parts.Add(Grammar.Of(new Terminal(pool, pool.Literal(Bytes(token)))));
                done += token.Length;
                continue;
            }

            int end = controlTokens.Select(token => text.IndexOf(token, done, StringComparison.Ordinal)).Append(place)
                .Where(found => found >= 0).DefaultIfEmpty(text.Length).Min();
            parts.Add(Grammar.Literal(text[done..end]));
            done = end;
        }

        return parts.Count == 1 ? parts[0] : Grammar.Sequence([.. parts]);
    }

    /// <summary>The bytes of a control token.</summary>
    public static byte[] Bytes(string token) => [TokenBytes.ControlMark, .. Encoding.UTF8.GetBytes(token)];
}
