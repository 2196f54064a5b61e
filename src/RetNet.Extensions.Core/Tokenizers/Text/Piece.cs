namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>A part of the text on its way to ids: either still text, or an added token that was already recognised.</summary>
/// <param name="Text">The characters that are left to encode.</param>
/// <param name="Id">The added token's id, or −1.</param>
/// <param name="AtStart">Whether the piece begins where the whole text begins.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, int Id, bool AtStart)
{
    public const int NoId = -1;

    public bool IsToken => Id != NoId;
}
