using System.Text.Json;
using static RetNet.Extensions.Core.Checkpoints.TokenizerJson;

namespace RetNet.Extensions.Core.Checkpoints.SentencePiece;

/// <summary>The tokenizer.json equivalent of a tokenizer.model of SentencePiece.</summary>
/// <remarks>Control symbols are recognised in a text, as in every tokenizer.json; SentencePiece itself reads them as text. What follows a
/// control or user-defined symbol is normalized as a text of its own.</remarks>
internal sealed class SentencePieceTokenizer
{
    /// <summary>The tokenizers of transformers that add a token unless their settings say otherwise.</summary>
    private static readonly string[] Beginning = ["Llama", "CodeLlama", "Gemma", "InternLM2", "InternLM3"];
    private static readonly string[] Ending = ["T5", "MT5"];

    private readonly string _file;
    private readonly SentencePieceModel _model;
    private readonly TokenizerSettingsFile _settings;
    private readonly string[] _tokens;

    private SentencePieceTokenizer(ReadOnlySpan<byte> content, string file, TokenizerSettingsFile settings)
    {
        (_file, _model, _settings) = (file, SentencePieceModel.Read(content, file), settings);
        _tokens = _model.Tokens;
        Rename();
    }

    /// <summary>Translates a model.</summary>
    /// <param name="content">Content of tokenizer.model.</param>
    /// <param name="file">Its name in errors.</param>
    /// <param name="settings">What the files beside it say; tokens that they do not name get the model's names.</param>
    /// <returns>Content of a tokenizer.json.</returns>
    /// <exception cref="CheckpointException">The file is malformed or not supported.</exception>
    public static byte[] Translate(ReadOnlySpan<byte> content, string file, TokenizerSettingsFile settings)
    {
        SentencePieceTokenizer tokenizer = new(content, file, settings);
        SentencePieceModel model = tokenizer._model;
        settings.Complete(("bos_token", Text(model.BeginningId)), ("eos_token", Text(model.EndId)), ("pad_token", Text(model.PaddingId)));
        return Write(tokenizer.WriteTokenizer);

        string? Text(int? id) => id is null ? null : tokenizer._tokens[id.Value];
    }

    // added_tokens_decoder may give a piece that the model does not use another text (InternLM 2: "[UNUSED_TOKEN_146]" is
    // "<|im_start|>"), unless another piece has it. transformers does the same (convert_to_native_format).
    private void Rename()
    {
        HashSet<string> texts = new(_tokens, StringComparer.Ordinal);
        foreach ((int id, WrittenToken added) in _settings.Added.Where(token => token.Key < _tokens.Length))
        {
            string content = added.Content;
            if (content.Length == 0 || !texts.Add(content))
                continue;
            texts.Remove(_tokens[id]);
            _tokens[id] = content;
        }
    }

    private void WriteTokenizer(Utf8JsonWriter json)
    {
        WriteAddedTokens(json);
        if (_model.Normalization.Length == 0 && !_model.Trims)
        {
            WriteSpaceNormalizer(json, _model.AddsPrefix);
        }
        else
        {
            json.WritePropertyName("normalizer");
            WriteSentencePieceNormalizer(json, _model.Normalization, _model.AddsPrefix, _model.Trims);
        }

        bool addsBeginning = _settings.Flag("add_bos_token")
            ?? (_settings.Class.Length == 0 ? _model.IsBytePairEncoding : IsOneOf(Beginning));
        bool addsEnd = _settings.Flag("add_eos_token") ?? IsOneOf(Ending);
        WriteTemplate(json, _tokens, addsBeginning ? _model.BeginningId : null, addsEnd ? _model.EndId : null);
        WriteSpaceDecoder(json, _model.AddsPrefix || _model.Trims);
        int? unknown = _model.Find(SentencePieceModel.PieceKind.Unknown);
        if (!_model.IsBytePairEncoding)
        {
            WriteUnigramModel(json, _tokens, id => _model.Pieces[id].Score, unknown, _model.FallsBackToBytes);
            return;
        }

        WriteBytePairModel(
            json, _tokens, id => _model.Pieces[id].Kind != SentencePieceModel.PieceKind.Control,
            ScoredMerges.Find(_tokens, IsMergeable, id => _model.Pieces[id].Score,
                found => new CheckpointException(_file, found, "a model of SentencePiece")),
            unknown, _model.FallsBackToBytes, ignoreMerges: false);
    }

    private void WriteAddedTokens(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        SortedDictionary<int, WrittenToken> tokens = _settings.WithRoles(_tokens.Index());
        for (int id = 0; id < _model.Pieces.Count; id++)
        {
            string text = _tokens[id];
            SentencePieceModel.PieceKind kind = _model.Pieces[id].Kind;
            bool isControl = kind is SentencePieceModel.PieceKind.Control or SentencePieceModel.PieceKind.Unknown;
            if (tokens.TryGetValue(id, out WrittenToken added) && added.Content == text)
                WriteAddedToken(json, id, added with { IsSpecial = added.IsSpecial || isControl });
            else if (isControl || kind == SentencePieceModel.PieceKind.UserDefined)
                WriteAddedToken(json, id, new WrittenToken(text, isControl));
        }

        foreach ((int id, WrittenToken token) in tokens.Where(token => token.Key >= _model.Pieces.Count))
            WriteAddedToken(json, id, token);
        json.WriteEndArray();
    }

    private bool IsOneOf(string[] classes) =>
        classes.Any(known => _settings.Class.StartsWith(known, StringComparison.Ordinal));

    private bool IsMergeable(int id) => _tokens[id] == _model.Pieces[id].Text
        && _model.Pieces[id].Kind is SentencePieceModel.PieceKind.Normal or SentencePieceModel.PieceKind.UserDefined
            or SentencePieceModel.PieceKind.Unused;
}
