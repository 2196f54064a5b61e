using System.Globalization;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Grammars.Gbnf;

/// <summary>The tokens that written rules name: <c>&lt;think&gt;</c> by its text, <c>&lt;[1000]&gt;</c> by its id.</summary>
internal sealed class GbnfTokens(Tokenizer? tokenizer)
{
    /// <summary>What a token stands for.</summary>
    /// <param name="written">The token with its brackets.</param>
    /// <param name="isNegated">Whether it is anything but the token.</param>
    /// <param name="problem">Receives what is wrong with it.</param>
    /// <returns>Null if something is wrong.</returns>
    public GbnfNode? Find(string written, bool isNegated, out string? problem)
    {
        problem = null;
        if (tokenizer is null)
            problem = $"the token {written}, which needs a tokenizer that has it";
        else if (Id(written) is not { } id)
            problem = $"the token {written}, which the tokenizer has not";
        else if (!isNegated)
            return new GbnfNode.Token(TokenBytes.Of(tokenizer, id));
        else if (tokenizer.IsSpecial(id))
            return new GbnfNode.Character(CodePointSet.All);
        else
            problem = $"'!' before {written}, which is no control token: texts are constrained by their characters";
        return null;
    }

    private int? Id(string written)
    {
        if (!written.StartsWith("<[", StringComparison.Ordinal) || !written.EndsWith("]>", StringComparison.Ordinal))
            return tokenizer!.TokenId(written);
        return int.TryParse(written.AsSpan(2, written.Length - 4), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && id < tokenizer!.VocabularySize && TokenBytes.Of(tokenizer, id).Length > 0 ? id : null;
    }
}
