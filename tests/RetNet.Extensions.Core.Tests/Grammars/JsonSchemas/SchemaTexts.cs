using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>Texts and the grammars of schemas.</summary>
internal static class SchemaTexts
{
    private const int LongestWalk = 20_000;

    /// <summary>Texts of other origin: any white space, order and spelling.</summary>
    public static readonly JsonSchemaOptions Foreign = new() { Whitespace = JsonWhitespace.Any, AnyOrder = true };

    public static Grammar Compile(string schema, JsonSchemaOptions? options = null)
    {
        using JsonDocument document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 10_000 });
        return Grammar.FromJsonSchema(document.RootElement.Clone(), options);
    }

    /// <summary>The grammar of a schema; null where it is refused.</summary>
    public static Grammar? TryCompile(JsonNode schema, JsonSchemaOptions? options = null)
    {
        try
        {
            return Compile(schema.ToJsonString(), options);
        }
        catch (GrammarException)
        {
            return null;
        }
    }

    /// <summary>Whether JsonSchema.Net finds a value valid.</summary>
    public static bool IsValid(JsonNode schema, JsonNode? value) =>
        JsonSchema.FromText(schema.ToJsonString()).Evaluate(value).IsValid;

    /// <summary>Parses a text of a grammar. False where an object has the same name twice, which is not ruled out for names that the
    /// schema does not know.</summary>
    public static bool TryParse(string text, out JsonNode? value)
    {
        value = JsonNode.Parse(text);
        try
        {
            _ = value?.ToJsonString();
            _ = value?.DeepClone();
            return ReadNames(value);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public static bool IsAllowed(Grammar grammar, string text)
    {
        ConstrainedText constrained = new TokenConstraint(grammar, TokenTrie.SingleBytes).CreateText();
        return constrained.TryAppend(Encoding.UTF8.GetBytes(text)) && constrained.MayEnd;
    }

    /// <summary>A random text of a grammar, of ASCII and without exponents and escapes where it may be. After some bytes it takes the
    /// bytes that lead out of values. Null where chance does not find an item that must be there.</summary>
    public static string? Walk(Grammar grammar, Random random, int length)
    {
        ConstrainedText text = new TokenConstraint(grammar, TokenTrie.SingleBytes).CreateText();
        List<byte> bytes = [];
        while (!text.MustEnd && !(text.MayEnd && (bytes.Count >= length || random.Next(4) == 0)))
        {
            byte[] allowed = Allowed(text);
            Assert.NotEmpty(allowed);
            byte[] usual = [.. allowed.Where(IsPlain)];
            byte[] closing = allowed.Contains((byte)'"') ? [(byte)'"'] : [.. allowed.Where(value => "}],:".Contains((char)value))];
            byte[] chosen = bytes.Count >= length && closing.Length > 0 && random.Next(3) > 0
                ? closing
                : usual.Length > 0 ? usual : allowed;
            byte next = chosen[random.Next(chosen.Length)];
            Assert.True(text.TryAppend([next]));
            bytes.Add(next);
            if (bytes.Count > LongestWalk)
                return null;
        }

        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
    }

    // Throws where a name stands twice.
    private static bool ReadNames(JsonNode? value) => value switch
    {
        JsonObject members => members.All(member => ReadNames(member.Value)),
        JsonArray items => items.All(ReadNames),
        _ => true,
    };

    private static bool IsPlain(byte value) => value is >= (byte)' ' and <= (byte)'~' and not ((byte)'\\' or (byte)'e' or (byte)'E');

    private static byte[] Allowed(ConstrainedText text)
    {
        ReadOnlySpan<ulong> mask = text.AllowedTokens();
        List<byte> allowed = [];
        for (int value = 0; value < 256; value++)
        {
            if ((mask[value / 64] >> (value % 64) & 1) != 0)
                allowed.Add((byte)value);
        }

        return [.. allowed];
    }
}
