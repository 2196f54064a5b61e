using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>Builds a <see cref="MarkedText"/> piece by piece.</summary>
internal sealed class MarkedTextBuilder
{
    private readonly StringBuilder _text = new();
    private TextOrigin[]? _origins;

    public int Length => _text.Length;

    public void Append(MarkedText piece)
    {
        if (piece.Origins is not null)
        {
            Reserve(_text.Length + piece.Length);
            piece.Origins.CopyTo(_origins!, _text.Length);
        }
        else if (_origins is not null)
        {
            Reserve(_text.Length + piece.Length);
        }

        _text.Append(piece.Text);
    }

    public MarkedText ToMarkedText() => new(_text.ToString(), _origins?.AsSpan(0, _text.Length).ToArray());

    private void Reserve(int length)
    {
        _origins ??= new TextOrigin[Math.Max(length, 256)];
        if (_origins.Length < length)
            Array.Resize(ref _origins, Math.Max(length, _origins.Length * 2));
    }
}
