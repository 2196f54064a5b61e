using System.Globalization;
using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.SentencePiece;

/// <summary>What a tokenizer_config.json says of a tokenizer.model beside it.</summary>
/// <param name="IsAbsent">Whether there is none.</param>
/// <param name="AddsBeginning">Whether a text begins with the beginning-of-sequence token; null if it does not say.</param>
/// <param name="AddsEnd">Whether a text ends with the end-of-sequence token; null if it does not say.</param>
/// <param name="Added">Tokens beside the model's, or with other roles, by id.</param>
internal sealed record TokenizerSettingsFile(
    bool IsAbsent, bool? AddsBeginning, bool? AddsEnd, SortedDictionary<int, (string Content, bool IsSpecial)> Added)
{
    /// <summary>The tokenizers of transformers that add a token unless their settings say otherwise.</summary>
    private static readonly string[] Beginning = ["Llama", "CodeLlama", "Gemma"];
    private static readonly string[] Ending = ["T5", "MT5"];

    /// <exception cref="CheckpointException">The file is malformed.</exception>
    public static TokenizerSettingsFile Read(ReadOnlyMemory<byte> content, string file)
    {
        SortedDictionary<int, (string Content, bool IsSpecial)> added = [];
        if (content.IsEmpty)
            return new TokenizerSettingsFile(IsAbsent: true, null, null, added);
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            if (root.TryGetProperty("added_tokens_decoder", out JsonElement tokens))
            {
                foreach (JsonProperty token in tokens.EnumerateObject())
                {
                    bool isSpecial = token.Value.TryGetProperty("special", out JsonElement special) && special.GetBoolean();
                    added[int.Parse(token.Name, NumberStyles.None, CultureInfo.InvariantCulture)] =
                        (token.Value.GetProperty("content").GetString() ?? throw new FormatException(), isSpecial);
                }
            }

            string name = root.TryGetProperty("tokenizer_class", out JsonElement type) ? type.GetString() ?? "" : "";
            return new TokenizerSettingsFile(
                IsAbsent: false, Flag(root, "add_bos_token") ?? Begins(name, Beginning), Flag(root, "add_eos_token")
                    ?? Begins(name, Ending), added);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or OverflowException
            or KeyNotFoundException)
        {
            throw new CheckpointException(file, "a malformed document", "added_tokens_decoder with ids, contents and flags", exception);
        }
    }

    private static bool Begins(string name, string[] names) =>
        names.Any(known => name.StartsWith(known, StringComparison.Ordinal));

    private static bool? Flag(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;
}
