using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.AspNetCore.Completions;

/// <summary>A continuation so far: what was not written yet.</summary>
/// <param name="request">The request.</param>
/// <param name="prompt">The text before it.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
internal sealed class Continuation(CompletionRequest request, string prompt, Tokenizer tokenizer)
{
    private readonly StringBuilder _text = new(request.Echoes ? prompt : "");
    private readonly Decoder _characters = Encoding.UTF8.GetDecoder();
    private List<(TokenLogProbs Token, int Offset, bool IsFirst)> _logProbs = [];
    private ChatFinishReason? _reason;

    // The characters before the next token, and of the one that is being counted.
    private int _offset;
    private char[] _counted = new char[64];

    /// <summary>What it cost; null until it has ended.</summary>
    public UsageDetails? Usage { get; private set; }

    /// <summary>Whether there is something to write.</summary>
    public bool HasNew => _text.Length > 0 || _logProbs.Count > 0;

    /// <summary>Adds an update of it.</summary>
    public void Add(ChatResponseUpdate update)
    {
        if (LogProbsJson.OfPrompt(update.AdditionalProperties) is { Count: > 0 } echoed)
        {
            AddLogProbs(WithoutAdded(echoed), first: echoed[0]);
            _characters.Reset();
            _offset = prompt.Length;
        }

        Usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details ?? Usage;
        ChatJson.AddState(Usage, update.AdditionalProperties);
        _reason = update.FinishReason ?? _reason;
        if (request.WritesNothing)
        {
            // The model writes a token at least, which nobody asked for.
            _reason = update.FinishReason is null ? null : ChatFinishReason.Length;
            Usage?.OutputTokenCount = 0;
            Usage?.TotalTokenCount = Usage.InputTokenCount;
            return;
        }

        _text.Append(update.Text);
        AddLogProbs(LogProbsJson.Of(update.AdditionalProperties), first: null);
    }

    /// <summary>Writes what is new as an entry of <c>choices</c>.</summary>
    public void Write(Utf8JsonWriter json, int index, bool isLast)
    {
        CompletionJson.WriteChoice(
            json, index, _text.ToString(), _logProbs, isLast ? ChatJson.FinishReason(_reason, hasCalls: false) : null);
        _text.Clear();
        _logProbs = [];
    }

    /// <summary>The tokens that are the text's own, without one that the tokenizer put before it.</summary>
    private IEnumerable<TokenLogProbs> WithoutAdded(IReadOnlyList<TokenLogProbs> tokens)
    {
        bool isAdded = tokenizer.IsSpecial(tokens[0].Id) && !prompt.StartsWith(tokens[0].Token, StringComparison.Ordinal);
        return isAdded ? tokens.Skip(1) : tokens;
    }

    private void AddLogProbs(IEnumerable<TokenLogProbs> tokens, TokenLogProbs? first)
    {
        foreach (TokenLogProbs token in tokens)
        {
            _logProbs.Add((token, _offset, ReferenceEquals(token, first)));

            // A token may be a part of a character, and a text may begin without the space that its first token has.
            int most = Encoding.UTF8.GetMaxCharCount(token.Bytes.Length);
            if (_counted.Length < most)
                _counted = new char[most];
            int characters = _characters.GetChars(token.Bytes.Span, _counted, flush: false);
            bool lacksSpace = _offset == 0 && request.Echoes && token.Token.StartsWith(' ') && !prompt.StartsWith(' ');
            _offset += lacksSpace ? characters - 1 : characters;
        }
    }
}
