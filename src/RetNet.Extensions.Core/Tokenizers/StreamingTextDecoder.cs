using System.Buffers;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Decoding;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>
/// Turns ids into text as they arrive, and hands out only what later ids cannot change: never half a character, and nothing of a run of
/// byte-fallback tokens until it is certain how the whole run decodes. Joined together, its output is exactly what <see
/// cref="Tokenizer.Decode"/> returns for the same ids. Allocates nothing per token once its buffers have grown. Not thread-safe.
/// </summary>
internal sealed class StreamingTextDecoder
{
    private readonly TokenTable _table;
    private readonly DecoderSteps _steps;
    private readonly bool _skipSpecialTokens;
    private readonly IReadOnlyList<int> _visible;

    private char[] _text = new char[256];
    private int _textLength;
    private int _textRead;

    /// <summary>Bytes of an unfinished character, or of the current byte-fallback run.</summary>
    private byte[] _pending = new byte[64];
    private int _pendingLength;
    private int _characterStart;
    private bool _runIsInvalid;

    /// <summary>How many UTF-16 code units the whole characters of the current byte-fallback run have.</summary>
    private int _runCharacters;

    private bool _isFirstToken;
    private int _stripStartLeft;
    private int _heldStripCharacters;

    internal StreamingTextDecoder(TokenTable table, bool skipSpecialTokens, IReadOnlyList<int> visible)
    {
        _table = table;
        _steps = table.Steps;
        _skipSpecialTokens = skipSpecialTokens;
        _visible = visible;
        Reset();
    }

    /// <summary>How many characters of the next <see cref="Read"/> are those of earlier tokens: the first character of which the last
    /// token is all or a part comes after them. It may come only with a later read.</summary>
    public int EarlierCharacters { get; private set; }

    // Those that are written, and those of which it is certain that they come before all others.
    private int CertainCharacters => _textLength + _runCharacters + _heldStripCharacters;

    /// <summary>Takes the next id. An id that the vocabulary does not have contributes nothing, as in the reference.</summary>
    /// <param name="id">The id.</param>
    public void Add(int id)
    {
        DropWhatWasRead();
        EarlierCharacters = CertainCharacters;
        TokenKind kind = _table.Kind(id);
        if (kind == TokenKind.None || (_skipSpecialTokens && _table.IsSpecial(id) && !IsVisible(id)))
            return;
        ReadOnlySpan<byte> bytes = _table.Bytes(id, _isFirstToken);
        if (_steps.SpaceBetweenTokens && !_isFirstToken)
            Emit(new Rune(' '));
        _isFirstToken = false;
        if (kind == TokenKind.Byte)
        {
            AddToRun(bytes[0]);
            return;
        }

        if (_steps.ByteFallback)
        {
            EndRun();
            EarlierCharacters = CertainCharacters;
        }

        AddBytes(bytes);
    }

    /// <summary>The text that became certain since the last call.</summary>
    /// <returns>Characters; valid until the next call of another member.</returns>
    public ReadOnlySpan<char> Read()
    {
        Span<char> text = _text.AsSpan(_textRead, _textLength - _textRead);
        _textRead = _textLength;
        return text;
    }

    /// <summary>Ends the text and returns what was held back, an unfinished character as U+FFFD. The decoder is then ready for another
    /// text.</summary>
    /// <returns>Characters; valid until the next call of another member.</returns>
    public ReadOnlySpan<char> Flush()
    {
        if (_steps.ByteFallback)
            EndRun();
        else if (_pendingLength > 0)
            Emit(Rune.ReplacementChar);
        ReadOnlySpan<char> text = Read();
        BeginText();
        return text;
    }

    /// <summary>Resets the decoder.</summary>
    public void Reset()
    {
        _textLength = 0;
        _textRead = 0;
        BeginText();
    }

    private bool IsVisible(int id)
    {
        for (int i = 0; i < _visible.Count; i++)
        {
            if (_visible[i] == id)
                return true;
        }

        return false;
    }

    private void BeginText()
    {
        _pendingLength = 0;
        _characterStart = 0;
        _runCharacters = 0;
        _runIsInvalid = false;
        _isFirstToken = true;
        _stripStartLeft = _steps.StripStart;
        _heldStripCharacters = 0;
    }

    private void DropWhatWasRead()
    {
        if (_textRead == 0)
            return;
        _text.AsSpan(_textRead, _textLength - _textRead).CopyTo(_text);
        _textLength -= _textRead;
        _textRead = 0;
    }

    /// <summary>Text bytes. Only a byte-level decoder lets a character reach across tokens.</summary>
    private void AddBytes(ReadOnlySpan<byte> bytes)
    {
        int count = bytes.Length;
        while (_pendingLength > 0 && bytes.Length > 0)
        {
            Hold(bytes[0]);
            OperationStatus status = Rune.DecodeFromUtf8(_pending.AsSpan(0, _pendingLength), out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                bytes = bytes[1..];
                continue;
            }

            // A byte that does not continue the character is examined again on its own.
            bool isUnfinished = length < _pendingLength;
            if (!isUnfinished)
                bytes = bytes[1..];
            _pendingLength = 0;
            Emit(rune);
            if (isUnfinished && bytes.Length == count)
                EarlierCharacters = CertainCharacters;
        }

        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.NeedMoreData)
            {
                foreach (byte value in bytes)
                    Hold(value);
                return;
            }

            Emit(rune);
            bytes = bytes[length..];
        }
    }

    /// <summary>A byte-fallback byte: with one bad byte in the run, every byte of the run becomes U+FFFD.</summary>
    private void AddToRun(byte value)
    {
        if (_runIsInvalid)
        {
            Emit(Rune.ReplacementChar);
            return;
        }

        Hold(value);
        if (!LastCharacterCanBecomeValid())
        {
            _runIsInvalid = true;
            for (int i = 0; i < _pendingLength; i++)
                Emit(Rune.ReplacementChar);
            _pendingLength = 0;
            _characterStart = 0;
            _runCharacters = 0;
        }
    }

    private void EndRun()
    {
        Span<byte> run = _pending.AsSpan(0, _pendingLength);
        bool isWhole = _characterStart == _pendingLength;
        _pendingLength = 0;
        _characterStart = 0;
        _runCharacters = 0;
        _runIsInvalid = false;
        if (isWhole)
        {
            AddBytes(run);
            return;
        }

        for (int i = 0; i < run.Length; i++)
            Emit(Rune.ReplacementChar);
    }

    /// <summary>Whether the run's last character is whole or may become so; all characters before it are whole.</summary>
    private bool LastCharacterCanBecomeValid()
    {
        Span<byte> character = _pending.AsSpan(_characterStart, _pendingLength - _characterStart);
        OperationStatus status = Rune.DecodeFromUtf8(character, out Rune rune, out _);
        if (status == OperationStatus.Done)
            (_characterStart, _runCharacters) = (_pendingLength, _runCharacters + rune.Utf16SequenceLength);
        return status != OperationStatus.InvalidData;
    }

    private void Hold(byte value)
    {
        if (_pendingLength == _pending.Length)
            Array.Resize(ref _pending, _pending.Length * 2);
        _pending[_pendingLength++] = value;
    }

    private void Emit(Rune rune)
    {
        if (rune == _steps.StripCharacter && _stripStartLeft > 0)
        {
            _stripStartLeft--;
            return;
        }

        _stripStartLeft = 0;
        if (_steps.StripEnd > 0)
        {
            // The last StripEnd of these characters are written only when something else follows.
            if (rune == _steps.StripCharacter)
            {
                if (_heldStripCharacters == _steps.StripEnd)
                    Write(rune);
                else
                    _heldStripCharacters++;
                return;
            }

            for (; _heldStripCharacters > 0; _heldStripCharacters--)
                Write(_steps.StripCharacter);
        }

        Write(rune);
    }

    private void Write(Rune rune)
    {
        if (_text.Length - _textLength < 2)
            Array.Resize(ref _text, _text.Length * 2);
        _textLength += rune.EncodeToUtf16(_text.AsSpan(_textLength));
    }
}
