using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Grammars.JsonSchemas;

/// <summary>Schemas with much in them, and grammars that write many texts: what they cost does not run away.</summary>
[Collection(nameof(MemoryTests))]
public class LargeSchemaTests
{
    private const long MostAllocated = 256 << 20, MostKept = 16 << 20;

    [Theory]
    [InlineData("anyOf", "\"a0\"")]
    [InlineData("anyOf", "1")]
    [InlineData("oneOf", "\"a0\"")]
    [InlineData("oneOf", "1")]
    public void Many_alternatives_are_read_without_copying_all_for_each(string keyword, string value)
    {
        string schemas = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"{{\"const\": {ValueOf(i)}}}"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Grammar grammar = SchemaTexts.Compile($"{{\"{keyword}\": [{schemas}]}}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        Assert.True(SchemaTexts.IsAllowed(grammar, ValueOf(19_999)));
        Assert.False(SchemaTexts.IsAllowed(grammar, ValueOf(20_000)));

        string ValueOf(int number) => value.Replace(value.Trim('"', 'a'), $"{number}", StringComparison.Ordinal);
    }

    [Fact]
    public void Exactly_one_of_many_holds()
    {
        Grammar grammar = SchemaTexts.Compile("""
            {"oneOf": [{"const": "a"}, {"pattern": "^[ab]$"}, {"enum": ["c", "d"]}, {"const": "d"}, {"const": "d"}, {"pattern": "^[ef]"},
            {"maxLength": 0}]}
            """);
        Assert.All((string[])["b", "c", "ex", "f", ""], text => Assert.True(SchemaTexts.IsAllowed(grammar, $"\"{text}\""), text));
        Assert.All((string[])["a", "d", "x", "ab"], text => Assert.False(SchemaTexts.IsAllowed(grammar, $"\"{text}\""), text));
    }

    [Fact]
    public void A_grammar_does_not_keep_all_states_of_its_texts()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"n{i}")];
        Grammar grammar = SchemaTexts.Compile(
            "{\"properties\": {" + string.Join(',', names.Select(name => $"\"{name}\": {{\"type\": \"integer\"}}")) + "}}",
            new JsonSchemaOptions { AnyOrder = true });
        Random random = new(1);
        Write();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 1_000; i++)
            Write();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostKept);
        GC.KeepAlive(grammar);

        void Write()
        {
            random.Shuffle(names);
            Assert.True(SchemaTexts.IsAllowed(grammar, "{" + string.Join(", ", names.Select(name => $"\"{name}\": 1")) + "}"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_long_text_of_a_recursive_schema_keeps_no_more_than_a_short_one(bool anyOrder)
    {
        string[] names = [.. Enumerable.Range(0, 8).Select(i => $"n{i}")];
        string members = string.Join(',', names.Select(name => $$""" "{{name}}": {"$ref": "#"} """));
        Grammar grammar = SchemaTexts.Compile($$"""
            {"type": ["object", "array", "integer"], "properties": { {{members}} }, "items": {"$ref": "#"}, "additionalProperties": false}
            """, new JsonSchemaOptions { AnyOrder = anyOrder });
        ConstrainedText text = new TokenConstraint(grammar, TokenTrie.SingleBytes).CreateText();
        Random random = new(1);
        Append("[");
        Write(20_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Write(400_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostKept);
        GC.KeepAlive(grammar);

        void Write(int bytes)
        {
            for (int left = bytes; left > 0;)
            {
                string item = Item(random.Next(9));
                Append(item + ", ");
                left -= item.Length;
            }
        }

        string Item(int depth)
        {
            if (depth == 0)
                return "7";
            if (random.Next(3) == 0)
                return $"[{string.Join(", ", Enumerable.Range(0, random.Next(3)).Select(_ => Item(depth - 1)))}]";
            string[] chosen = [.. names.Where(_ => random.Next(3) == 0)];
            if (anyOrder)
                random.Shuffle(chosen);
            return $"{{{string.Join(", ", chosen.Select(name => $"\"{name}\": {Item(random.Next(depth))}"))}}}";
        }

        void Append(string part)
        {
            foreach (byte next in System.Text.Encoding.UTF8.GetBytes(part))
            {
                _ = text.AllowedTokens();
                Assert.True(text.TryAppend([next]));
            }
        }
    }

    [Fact]
    public void A_grammar_of_items_that_differ_writes_any_number_of_texts()
    {
        string[] items = [.. Enumerable.Range(0, 20).Select(i => $"\"{(char)('a' + i)}\"")];
        Grammar grammar = SchemaTexts.Compile(
            $$"""{"type": "array", "items": {"enum": [{{string.Join(',', items)}}]}, "uniqueItems": true, "minItems": 20}""");
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            random.Shuffle(items);
            Assert.True(SchemaTexts.IsAllowed(grammar, $"[{string.Join(", ", items)}]"));
        }
    }

    [Fact]
    public void A_grammar_of_counted_items_writes_any_number_of_texts()
    {
        string counts = string.Join(',', Enumerable.Range(0, 5).Select(i => $"{{\"contains\": {{\"const\": {i}}}, \"maxContains\": 60}}"));
        Grammar grammar = SchemaTexts.Compile($$"""{"type": "array", "allOf": [{{counts}}]}""");
        Random random = new(1);
        for (int i = 0; i < 100; i++)
        {
            int[] items = [0, 1, 2, 3, 4, .. Enumerable.Range(0, 100).Select(_ => random.Next(5))];
            Assert.True(SchemaTexts.IsAllowed(grammar, $"[{string.Join(", ", items)}]"));
        }
    }
}
