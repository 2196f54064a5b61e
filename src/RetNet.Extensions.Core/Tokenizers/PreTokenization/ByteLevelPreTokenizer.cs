using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Cuts as GPT-2 does: words are cut by a regular expression if <paramref name="useRegex"/>, then every UTF-8 byte becomes a
/// character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    private const string Gpt2Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly SplitPreTokenizer? _splitter = useRegex
        ? new(new RegexPattern(Gpt2Words), SplitBehavior.Isolated, invert: false)
        : null;

    public override List<Piece> Apply(List<Piece> pieces, TextLimits limits)
    {
        if (addPrefixSpace)
            pieces = [.. pieces.Select(WithPrefixSpace)];
        if (_splitter is not null)
            pieces = _splitter.Apply(pieces, limits);
        return ToByteCharacters(pieces, limits);
    }

    private static Piece WithPrefixSpace(Piece piece) =>
        piece.IsToken || piece.Text.Span.StartsWith(" ") ? piece : piece with { Text = string.Concat(" ", piece.Text.Span).AsMemory() };

    private static List<Piece> ToByteCharacters(List<Piece> pieces, TextLimits limits)
    {
        int total = 0;
        foreach (Piece piece in pieces)
            total = checked(total + (piece.IsToken ? 0 : Encoding.UTF8.GetByteCount(piece.Text.Span)));
        // A byte's character can have two bytes itself: such steps one after the other double a text each time.
        limits.Require(total);
        char[] characters = new char[total];
        byte[] utf8 = new byte[total];
        List<Piece> result = new(pieces.Count);
        int done = 0;
        foreach (Piece piece in pieces)
        {
            if (piece.IsToken)
            {
                result.Add(piece);
                continue;
            }

            int count = Encoding.UTF8.GetBytes(piece.Text.Span, utf8.AsSpan(done));
            for (int i = done; i < done + count; i++)
                characters[i] = ByteAlphabet.Character(utf8[i]);
            result.Add(piece with { Text = characters.AsMemory(done, count) });
            done += count;
        }

        return result;
    }
}
