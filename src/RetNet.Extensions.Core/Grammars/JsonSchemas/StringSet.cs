using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>A set of strings: some texts, or the language of an expression between quotation marks.</summary>
/// <param name="Texts">The texts, if the set is given so.</param>
/// <param name="Content">Otherwise the language, in <see cref="JsonSyntax.Text"/>.</param>
internal sealed record StringSet(IReadOnlyList<string>? Texts, Expression Content)
{
    public static readonly StringSet None = new([], default);

    public static StringSet Of(params IReadOnlyList<string> texts) => texts.Count == 0 ? None : new StringSet(texts, default);
}
