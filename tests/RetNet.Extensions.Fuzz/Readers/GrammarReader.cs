using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Grammars in a language: compiled, and followed for some tokens.</summary>
internal abstract class GrammarReader : Reader
{
    private const int MostTokens = 64;

    // What comes to the limits of grammars, 250,000 expressions, is refused after some seconds.
    public override TimeSpan TimeLimit => TimeSpan.FromSeconds(15);

    // States and masks are cached within some 60 MB, and a text of many tokens leaves garbage.
    public override long MostBytes => 256 << 20;

    public override void Read(byte[] input)
    {
        ConstrainedText text = new TokenConstraint(Compile(Encoding.UTF8.GetString(input)), TokenTrie.SingleBytes).CreateText();
        Random random = new(input.Length);
        for (int i = 0; i < MostTokens && !text.MustEnd; i++)
        {
            int[] allowed = Allowed(text.AllowedTokens());
            if (allowed.Length == 0 || !text.TryAppend(allowed[random.Next(allowed.Length)]))
                return;
        }
    }

    public override bool IsRefusal(Exception exception) => exception is GrammarException;

    protected abstract Grammar Compile(string text);

    private static int[] Allowed(ReadOnlySpan<ulong> mask)
    {
        List<int> tokens = [];
        for (int token = 0; token < 64 * mask.Length; token++)
        {
            if ((mask[token / 64] >> (token % 64) & 1) != 0)
                tokens.Add(token);
        }

        return [.. tokens];
    }
}

/// <summary>GBNF.</summary>
internal sealed class GbnfReader : GrammarReader
{
    private static readonly string[] Words =
    [
        "root", " ::= ", " | ", "\"a\"", "[a-z]", "[^\"\\\\]", "(", ")", "*", "+", "?", "{3}", "{2,}", "{0,1000}", "{1000000}",
        ".", "\n", "ws", "\\x41", "\\u00e9", "# x",
    ];

    public override string Name => "gbnf";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            "root ::= \"red\" | \"green\" [0-9]",
            "root ::= object\nobject ::= \"{\" ws ( string \":\" ws value (\",\" ws string \":\" ws value)* )? \"}\"\nvalue ::= object | "
                + "string | number\n"
                + "string ::= \"\\\"\" [^\"\\\\]* \"\\\"\"\nnumber ::= \"-\"? [0-9]{1,15} (\".\" [0-9]+)?\nws ::= [ \\t\\n]{0,20}\n",
            "root ::= (expr \"=\" term \"\\n\")+\nexpr ::= term ([-+*/] term)*\nterm ::= [a-z] | \"(\" expr \")\"\n# end\n",
            "root ::= \"a\" root? \"b\" | .",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Texts.Mutate(input, mutation, Words);

    protected override Grammar Compile(string text) => Grammar.FromGbnf(text);
}

/// <summary>Regular expressions of grammars.</summary>
internal sealed class RegexReader : GrammarReader
{
    private static readonly string[] Words =
    [
        "(a|b)", "(?:", "(?=", "(?!", ")", "*", "+", "?", "*?", "{2,5}", "{1000}", "{0,100000}", "[a-z]", "[^a]", "\\p{L}", "\\d",
        "\\w", "\\s", "\\b", "^", "$", ".", "|", "\\u00e9",
        "a", "(?<n>", "\\1", "[", "]", "\\", "😀",
    ];

    public override string Name => "regex";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            "(yes|no), (never|always)!", "[A-Z][a-z]{1,8}( [A-Z][a-z]+)*", "\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d)?",
            "(?=.*a)(?!.*b)[a-d]{3,9}", "^\\w+@\\w+\\.(com|org)$",
            "(a|b)*a(a|b){4}", "\\p{L}+|\\p{N}+", "[^\\x00-\\x1f\"\\\\]*",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Texts.Mutate(input, mutation, Words);

    protected override Grammar Compile(string text) => Grammar.FromRegex(text);
}

/// <summary>JSON schemas.</summary>
internal sealed class SchemaReader : GrammarReader
{
    public override string Name => "schemas";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            """
            {"type":"object","properties":{"name":{"type":"string","maxLength":8,"pattern":"^[a-z]+$"},"age":{"type":"integer",
            "minimum":1,"maximum":99},
            "kind":{"enum":["dog","cat",1,null]},"tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3,
            "uniqueItems":true}},
            "required":["name","age"],"additionalProperties":false}
            """,
            """
            {"$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"},"v":{"type":"number",
            "multipleOf":0.5}}}},"$ref":"#/$defs/node"}
            """,
            """
            {"anyOf":[{"type":"string","format":"date-time"},{"type":"array","prefixItems":[{"const":1},{"type":"boolean"}],
            "items":false}],"not":{"const":"x"}}
            """,
            """
            {"oneOf":[{"type":"integer","exclusiveMinimum":0},{"type":"string","minLength":2}],"if":{"type":"string"},
            "then":{"maxLength":4},"else":{"maximum":50}}
            """,
            """
            {"type":"object","patternProperties":{"^x_":{"type":"integer"}},"additionalProperties":{"type":"string"},"minProperties":1,
            "maxProperties":4,"dependentRequired":{"a":["b"]},"propertyNames":{"maxLength":5}}
            """,
            """
            {"allOf":[{"type":"object","properties":{"a":{"type":"number"}}},{"properties":{"b":{"contains":{"const":1},
            "minContains":1}},"unevaluatedProperties":false}]}
            """,
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Json.Mutate(input, mutation);

    public override bool IsRefusal(Exception exception) => exception is GrammarException or JsonException;

    protected override Grammar Compile(string text) => Grammar.FromJsonSchema(JsonElement.Parse(text));
}
