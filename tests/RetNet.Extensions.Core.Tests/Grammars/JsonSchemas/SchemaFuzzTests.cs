using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
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
        if (SchemaTexts.TryCompile(schema, SchemaTexts.Foreign) is not { } grammar)
            return;
        for (int i = 0; i < 10; i++)
        {
            JsonNode? value = schemas.Value(3);
            string text = value?.ToJsonString() ?? "null";
            Assert.True(
                SchemaTexts.IsValid(schema, value) == SchemaTexts.IsAllowed(grammar, text),
                $"{schema.ToJsonString()} of {text}, seed {seed}");
        }
    }

    private static int WriteTexts(int seed, int count)
    {
        Random random = new(seed);
        JsonNode schema = new RandomSchemas(random).Schema(Depth);
        if (SchemaTexts.TryCompile(schema) is not { } grammar)
            return 0;
        for (int i = 0; i < count; i++)
        {
            string? text = SchemaTexts.Walk(grammar, random, 60);
            if (text is not null && SchemaTexts.TryParse(text, out JsonNode? value))
                Assert.True(SchemaTexts.IsValid(schema, value), $"{schema.ToJsonString()} of {text}, seed {seed}");
        }

        return count;
    }
}
