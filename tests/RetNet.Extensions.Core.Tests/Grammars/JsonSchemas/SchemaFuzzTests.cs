using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using Json.Schema;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using Xunit.Abstractions;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>Random schemas, judged by JsonSchema.Net.</summary>
public class SchemaFuzzTests(ITestOutputHelper output)
{
    private const int Depth = 2;

    [Property(MaxTest = 500)]
    public void Values_are_judged_as_a_validator_judges_them(int seed) => JudgeValues(seed);

    [Property(MaxTest = 200)]
    public void Texts_that_a_grammar_writes_parse_and_validate(int seed) => WriteTexts(seed, 3);

    /// <summary>As long as RETNET_FUZZ_MINUTES says; not at all where it says nothing.</summary>
    [Fact]
    public void As_many_schemas_as_there_is_time_for()
    {
        double minutes = double.Parse(Environment.GetEnvironmentVariable("RETNET_FUZZ_MINUTES") ?? "0", CultureInfo.InvariantCulture);
        Stopwatch watch = Stopwatch.StartNew();
        int schemas = 0, texts = 0;
        for (int seed = Environment.TickCount; watch.Elapsed.TotalMinutes < minutes; seed++, schemas++)
        {
            JudgeValues(seed);
            texts += WriteTexts(seed, 5);
        }

        output.WriteLine($"{schemas} schemas, {texts} texts");
    }

    private static void JudgeValues(int seed)
    {
        Random random = new(seed);
        RandomSchemas schemas = new(random);
        JsonNode schema = schemas.Schema(Depth);
        if (Compile(schema) is not { } grammar)
            return;
        for (int i = 0; i < 10; i++)
        {
            JsonNode? value = schemas.Value(3);
            string text = value?.ToJsonString() ?? "null";
            Assert.True(IsValid(schema, value) == SchemaTexts.IsAllowed(grammar, text), $"{schema.ToJsonString()} of {text}, seed {seed}");
        }
    }

    private static int WriteTexts(int seed, int count)
    {
        Random random = new(seed);
        JsonNode schema = new RandomSchemas(random).Schema(Depth);
        if (Compile(schema, isForeign: false) is not { } grammar)
            return 0;
        for (int i = 0; i < count; i++)
        {
            string? text = SchemaTexts.Walk(grammar, random, 60);
            // The same name twice is not ruled out for names that the schema does not know.
            if (text is not null && TryParse(text, out JsonNode? value))
                Assert.True(IsValid(schema, value), $"{schema.ToJsonString()} of {text}, seed {seed}");
        }

        return count;
    }

    private static Grammar? Compile(JsonNode schema, bool isForeign = true)
    {
        try
        {
            return SchemaTexts.Compile(schema.ToJsonString(), isForeign ? SchemaTexts.Foreign : null);
        }
        catch (GrammarException)
        {
            return null;
        }
    }

    private static bool IsValid(JsonNode schema, JsonNode? value) =>
        JsonSchema.FromText(schema.ToJsonString()).Evaluate(value).IsValid;

    private static bool TryParse(string text, out JsonNode? value)
    {
        value = JsonNode.Parse(text);
        try
        {
            _ = value?.ToJsonString();
            _ = value?.DeepClone();
            return Names(value);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Reads all names, which throws where one stands twice.</summary>
    private static bool Names(JsonNode? value) => value switch
    {
        JsonObject members => members.All(member => Names(member.Value)),
        JsonArray items => items.All(Names),
        _ => true,
    };
}
