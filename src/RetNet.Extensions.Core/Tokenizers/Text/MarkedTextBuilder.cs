using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>Builds a <see cref="MarkedText"/> piece by piece.</summary>
internal sealed class MarkedTextBuilder
{
    private readonly StringBuilder _text = new();
    private bool[]? _data;

    public int Length => _text.Length;

    public void Append(MarkedText piece)
    {
        if (piece.Data is not null)
        {
            Reserve(_text.Length + piece.Length);
            piece.Data.CopyTo(_data!, _text.Length);
        }
        else if (_data is not null)
        {
            Reserve(_text.Length + piece.Length);
        }

        _text.Append(piece.Text);
    }

    public MarkedText ToMarkedText() => new(_text.ToString(), _data?.AsSpan(0, _text.Length).ToArray());

    private void Reserve(int length)
    {
        _data ??= new bool[Math.Max(length, 256)];
        if (_data.Length < length)
            Array.Resize(ref _data, Math.Max(length, _data.Length * 2));
    }
}
