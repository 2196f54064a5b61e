using System.Text.Json;
using static RetNet.Extensions.Core.Checkpoints.TokenizerJson;

namespace RetNet.Extensions.Core.Checkpoints.SentencePiece;

/// <summary>The tokenizer.json equivalent of a tokenizer.model of SentencePiece.</summary>
/// <remarks>Control symbols are recognised in a text, as in every tokenizer.json; SentencePiece itself reads them as text. What follows a
/// control or user-defined symbol is normalized as a text of its own.</remarks>
internal sealed class SentencePieceTokenizer
{
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
    /// <param name="configuration">Content of tokenizer_config.json; empty if there is none.</param>
    /// <param name="configurationFile">Its name in errors.</param>
    /// <returns>Contents of a tokenizer.json and a tokenizer_config.json.</returns>
    /// <exception cref="CheckpointException">A file is malformed or not supported.</exception>
    public static (byte[] Tokenizer, ReadOnlyMemory<byte> Configuration) Translate(
        ReadOnlySpan<byte> content, string file, ReadOnlyMemory<byte> configuration, string configurationFile)
    {
        SentencePieceTokenizer tokenizer = new(content, file, TokenizerSettingsFile.Read(configuration, configurationFile));
        return (Write(tokenizer.WriteTokenizer), configuration.IsEmpty ? Write(tokenizer.WriteNames) : configuration);
    }

    // added_tokens_decoder may give a piece that the model does not use another text (InternLM 2: "[UNUSED_TOKEN_146]" is
    // "<|im_start|>"), unless another piece has it. transformers does the same (convert_to_native_format).
    private void Rename()
    {
        HashSet<string> texts = new(_tokens, StringComparer.Ordinal);
        foreach ((int id, (string content, _)) in _settings.Added.Where(token => token.Key < _tokens.Length))
        {
            if (content.Length == 0 || !texts.Add(content))
                continue;
            texts.Remove(_tokens[id]);
            _tokens[id] = content;
        }
    }

    private void WriteNames(Utf8JsonWriter json)
    {
        foreach ((string name, int? id) in ((string, int?)[])[("bos_token", _model.BeginningId), ("eos_token", _model.EndId),
            ("pad_token", _model.PaddingId)])
        {
            if (id is not null)
                json.WriteString(name, _model.Pieces[id.Value].Text);
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

        bool addsBeginning = _settings.AddsBeginning ?? (_settings.IsAbsent && _model.IsBytePairEncoding);
        WriteTemplate(json, _tokens, addsBeginning ? _model.BeginningId : null, _settings.AddsEnd == true ? _model.EndId : null);
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
        for (int id = 0; id < _model.Pieces.Count; id++)
        {
            string text = _tokens[id];
            SentencePieceModel.PieceKind kind = _model.Pieces[id].Kind;
            if (kind is SentencePieceModel.PieceKind.Control or SentencePieceModel.PieceKind.Unknown)
                WriteAddedToken(json, id, text, isSpecial: true);
            else if (_settings.Added.TryGetValue(id, out (string Content, bool IsSpecial) added) && added.Content == text)
                WriteAddedToken(json, id, text, added.IsSpecial);
            else if (kind == SentencePieceModel.PieceKind.UserDefined)
                WriteAddedToken(json, id, text, isSpecial: false);
        }

        foreach ((int id, (string content, bool isSpecial)) in _settings.Added.Where(token => token.Key >= _model.Pieces.Count))
            WriteAddedToken(json, id, content, isSpecial);
        json.WriteEndArray();
    }

    private bool IsMergeable(int id) => _tokens[id] == _model.Pieces[id].Text
        && _model.Pieces[id].Kind is SentencePieceModel.PieceKind.Normal or SentencePieceModel.PieceKind.UserDefined
            or SentencePieceModel.PieceKind.Unused;
}
