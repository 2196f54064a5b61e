using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI.Schemas;
using RetNet.Extensions.AI.Schemas.Types;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Arguments of calls are what the parameters of a .NET method take, also where its schema allows more.</summary>
public sealed class ParameterTypeTests
{
    // A template for a model that was never trained to call functions: its arguments are as random as their schemas allow.
    private const string Template =
        "{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}{% for message in messages %}{{ message.content }}"
        + "{% for call in message.tool_calls %}{{ '<tool_call>\n{\"name\": \"' + call.function.name"
        + " + '\", \"arguments\": ' + call.function.arguments | tojson + '}\n</tool_call>' }}{% endfor %}{{ '<|end|>\n' }}{% endfor %}";

    // One that writes arguments one by one, as Qwen3-Coder's.
    private const string Tagged =
        "{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}{% for message in messages %}{{ message.content }}"
        + "{% for call in message.tool_calls %}{{ '<tool_call>\n<function=' + call.function.name + '>\n' }}"
        + "{% for key, value in call.function.arguments | items %}{{ '<parameter=' + key + '>\n' }}"
        + "{{ value if value is string else value | tojson }}{{ '\n</parameter>\n' }}{% endfor %}{{ '</function>\n</tool_call>' }}"
        + "{% endfor %}{{ '<|end|>\n' }}{% endfor %}";

    private static readonly Dictionary<string, Delegate> Methods = new()
    {
        ["integers"] = (sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong? h) => $"{a} {b} {c} {d} {e} {f} {g} {h}",
        ["times"] = (TimeSpan span, TimeOnly time, TimeOnly? other) => $"{span} {time} {other}",
        ["list"] = ([MaxLength(3)] List<short> numbers, [MaxLength(2)] TimeOnly[] times) => $"{numbers.Count} {times.Length}",
        ["object"] = (Parcel parcel) => $"{parcel.Weight} {parcel.Sent}",
        ["bytes"] = (byte[] a, ReadOnlyMemory<byte> b, Memory<byte>? c, Blob d) => $"{a} {b} {c} {d}",
        ["lengths"] = ([Length(16, 16)] byte[] a, [Length(1, 3)] ReadOnlyMemory<byte> b, Blob c) => $"{a.Length} {b} {c}",
        ["flags"] = (Days a, Days? b, Named c, Shifts d) => $"{a} {b} {c} {d}",
        ["derived"] = ([MaxLength(2)] Shape[] shapes, Shape? shape, Animal animal) => $"{shapes.Length} {shape} {animal}",
        ["small types"] = (Version a, Half b, Half? c, decimal d, char e, Int128 f) => $"{a} {b} {c} {d} {e} {f}",
        ["bounds"] = (Wide wide, [Range(0, double.MaxValue)] int more) => $"{wide} {more}",
        ["attributes"] = (
            [RegularExpression(@"\A[a-c]{2,4}\z")] string a, [RegularExpression("(?i)^no[a-f]$")] string b, [MaxLength] string c,
            [Range(typeof(decimal), "0.01", "99.5")] decimal d, [Range(typeof(DateTime), "2020-01-01", "2021-01-01")] DateTime e,
            [Length(1, 2)] Dictionary<string, bool> f) => $"{a} {b} {c} {d} {e} {f}",
        ["keys"] = (
            [MinLength(1), MaxLength(2)] Dictionary<DayOfWeek, bool> a, [MinLength(1), MaxLength(2)] Dictionary<Guid, bool> b,
            [MinLength(1), MaxLength(2)] Dictionary<short, bool> c, [MinLength(1), MaxLength(2)] Dictionary<DateTime, bool> d) =>
            $"{a} {b} {c} {d}",
        ["more keys"] = (
            [MinLength(1), MaxLength(2)] Dictionary<Days, bool> a, [MinLength(1), MaxLength(2)] Dictionary<TimeSpan, bool> b,
            [MinLength(1), MaxLength(2)] Dictionary<Half, bool> c, [MinLength(1), MaxLength(2)] Dictionary<decimal, bool> d) =>
            $"{a} {b} {c} {d}",
        ["other keys"] = (
            [MinLength(1), MaxLength(2)] Dictionary<bool, byte> a, [MinLength(1), MaxLength(2)] Dictionary<char, bool> b,
            [MinLength(1), MaxLength(2)] Dictionary<double, bool> c, [MinLength(1), MaxLength(2)] Dictionary<ulong, bool> d) =>
            $"{a} {b} {c} {d}",
        ["recursive"] = (Chain chain) => $"{chain.Value}",
    };

    [Theory]
    [InlineData("integers")]
    [InlineData("times")]
    [InlineData("list")]
    [InlineData("object")]
    [InlineData("bytes")]
    [InlineData("lengths")]
    [InlineData("flags")]
    [InlineData("derived")]
    [InlineData("small types")]
    [InlineData("bounds")]
    [InlineData("attributes")]
    [InlineData("keys")]
    [InlineData("more keys")]
    [InlineData("other keys")]
    [InlineData("recursive")]
    public Task A_random_call_can_be_made(string name) => CallAsync(AIFunctionFactory.Create(Methods[name], name));

    [Theory]
    [InlineData("times")]
    [InlineData("lengths")]
    public Task A_random_call_can_be_made_whose_arguments_are_written_one_by_one(string name) =>
        CallAsync(AIFunctionFactory.Create(Methods[name], name), Tagged);

    [Fact]
    public Task A_random_call_can_be_made_where_enums_are_numbers() => CallAsync(AIFunctionFactory.Create(
        (Size a, DayOfWeek b, Days c, [MaxLength(2)] Dictionary<DayOfWeek, bool> d) => $"{a} {b} {c} {d}", "numbers",
        serializerOptions: new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }));

    private static async Task CallAsync(AIFunction function, string template = Template)
    {
        ServiceCollection services = new();
        services.AddRetNetChatClient(
            options => (options.ModelPath, options.ChatTemplate) = (Models.PathOf("llama-tinystories"), template));
        await using ServiceProvider provider = services.BuildServiceProvider();
        ChatOptions options = new()
        {
            Tools = [function],
            ToolMode = ChatToolMode.RequireAny,
            AllowMultipleToolCalls = false,
            Temperature = 3,
            MaxOutputTokens = 1000,
        };
        int cut = 0;
        for (options.Seed = 0; options.Seed < 6; options.Seed++)
        {
            ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", options);
            if (response.FinishReason == ChatFinishReason.Length)
            {
                Assert.InRange(++cut, 0, 3);
                continue;
            }

            FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
            Assert.NotNull(await function.InvokeAsync(new AIFunctionArguments(call.Arguments)));
        }
    }

    [Fact]
    public void A_bound_of_the_schema_is_kept_and_the_model_sees_the_schema_as_it_is()
    {
        AIFunction function = AIFunctionFactory.Create(([Range(1, 9)] int level, int other) => level + other, "sum");

        JsonElement typed = Kept(function);
        JsonElement shown = FunctionTools.Describe([function])[0].GetProperty("function").GetProperty("parameters");

        Assert.Equal((1, 9), Bounds(typed, "level"));
        Assert.Equal((int.MinValue, int.MaxValue), Bounds(typed, "other"));
        Assert.True(JsonElement.DeepEquals(function.JsonSchema, shown));
    }

    [Fact]
    public void A_bound_beyond_the_type_holds_beside_the_types_own()
    {
        AIFunction function = AIFunctionFactory.Create(([Range(0, double.MaxValue)] int number) => number, "count");

        JsonElement number = Kept(function).GetProperty("properties").GetProperty("number");

        Assert.Equal(0, number.GetProperty("minimum").GetInt32());
        Assert.Equal(int.MaxValue, Assert.Single(number.GetProperty("allOf").EnumerateArray()).GetProperty("maximum").GetInt32());
    }

    [Fact]
    public void What_attributes_mean_is_kept()
    {
        JsonElement members = Kept(AIFunctionFactory.Create(Methods["attributes"], "attributes")).GetProperty("properties");

        Assert.Equal("^[a-c]{2,4}$", members.GetProperty("a").GetProperty("pattern").GetString());
        Assert.Equal("^[nN][oO][a-fA-F]$", members.GetProperty("b").GetProperty("pattern").GetString());
        Assert.False(members.GetProperty("c").TryGetProperty("maxLength", out _));
        Assert.Equal(0.01m, members.GetProperty("d").GetProperty("minimum").GetDecimal());
        Assert.Equal(99.5m, members.GetProperty("d").GetProperty("maximum").GetDecimal());
        Assert.False(members.GetProperty("e").TryGetProperty("minimum", out _));
        Assert.Equal(2, members.GetProperty("f").GetProperty("maxProperties").GetInt32());
    }

    [Theory]
    [InlineData(@"\Aab\z", "^ab$")]
    [InlineData(@"\Aab\Z", "^ab$")]
    [InlineData(@"a\\Ab[\\A]", @"a\\Ab[\\A]")]
    [InlineData("(?i)a1ä", "[aA]1[äÄ]")]
    [InlineData("x(?i)a|b", "x[aA]|[bB]")]
    [InlineData("^(?i)[^b-dx_-]*?$", "^[^b-dB-DxX_-]*?$")]
    [InlineData("(?i)[0-z]", "[0-zA-Za-z]")]
    [InlineData("(?i)[^-z]", "[^-zZ]")]
    [InlineData(@"(?i)(?<name>a)\p{Lu}\x4a\u004a\d", @"(?<name>[aA])\p{Lu}\x4a\u004a\d")]
    [InlineData("(a(?i)b)c", "(a(?i)b)c")]
    public void A_pattern_of_NET_is_written_as_one_of_ECMA(string pattern, string expected) =>
        Assert.Equal(expected, DotNetPattern.ToEcma(pattern));

    [Fact]
    public void A_reference_of_a_function_that_leads_to_its_place_stays()
    {
        AIFunction function = AIFunctionFactory.Create((Tree tree, Tree other) => 0, "count");

        Assert.True(JsonElement.DeepEquals(function.JsonSchema, FunctionSchemas.Of(function).Shown));
    }

    [Theory]
    [InlineData("""{"type":"string","contentEncoding":"base64","pattern":"^data:"}""")]
    [InlineData("""{"contentEncoding":"base64","enum":["aGk"]}""")]
    [InlineData("""{"type":"string","contentEncoding":"base64","minLength":5,"maxLength":7}""")]
    [InlineData("""{"const":{"contentEncoding":"base64"}}""")]
    [InlineData("""{"type":"object","properties":{"contentEncoding":{"const":"base64"}}}""")]
    public void What_a_schema_says_itself_is_not_made_narrower_than_it_is(string schema) =>
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(schema), MarkedTypes.Narrow(JsonElement.Parse(schema))));

    [Fact]
    public void A_member_that_a_converter_reads_is_not_kept_to_its_type()
    {
        JsonElement days = Kept(AIFunctionFactory.Create((Converted value) => 0, "count"))
            .GetProperty("properties").GetProperty("value").GetProperty("properties").GetProperty("days");

        Assert.False(days.TryGetProperty("pattern", out _));
    }

    [Fact]
    public async Task An_answer_is_kept_to_the_types_that_its_schema_marks()
    {
        using RetNetChatClient client = new(Models.Llama);
        int whole = 0;
        for (int seed = 0; seed < 8; seed++)
        {
            ChatResponse<Marked> response = await client.GetResponseAsync<Marked>(
                "Hello!", new ChatOptions { Temperature = 3, Seed = seed, MaxOutputTokens = 600 });
            if (response.FinishReason == ChatFinishReason.Length)
                continue;
            Assert.NotNull(response.Result);
            whole++;
        }

        Assert.InRange(whole, 4, int.MaxValue);
    }

    private static JsonElement Kept(AIFunction function) =>
        FunctionTools.DescribeTypes([function])[0].GetProperty("function").GetProperty("parameters");

    private static (int, int) Bounds(JsonElement schema, string name)
    {
        JsonElement number = schema.GetProperty("properties").GetProperty(name);
        return (number.GetProperty("minimum").GetInt32(), number.GetProperty("maximum").GetInt32());
    }

    private sealed class SnakeDays() : JsonStringEnumConverter<Days>(JsonNamingPolicy.SnakeCaseLower);

    private sealed record Converted([property: JsonConverter(typeof(SnakeDays))] Days Days);

    private sealed record Parcel(byte Weight, TimeSpan Sent);

    private sealed record Blob(byte[] Data, ReadOnlyMemory<byte>? More);

    private sealed record Shifts([property: MaxLength(3)] Days[] All, Days? Last);

    private sealed record Wide([property: Range(2_000_000_000d, 4_000_000_000d)] int Number);

    private sealed record Chain(byte Value, Chain? Next);

    private sealed record Tree(string Name, List<Tree> Branches, Tree? First);

    private sealed record Marked(TimeSpan Time, Version? Version, [property: Base64String, MaxLength(8)] byte[] Data);

    [Flags]
    private enum Days
    {
        None = 0,
        Monday = 1,
        Tuesday = 2,
        Wednesday = 4,
    }

    [Flags]
    private enum Named
    {
        [JsonStringEnumMemberName("the first")]
        First = 1,
        [JsonStringEnumMemberName("a.b (c)")]
        Second = 2,
    }

    private enum Size : byte
    {
        Small,
        Large,
    }

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    private abstract record Shape(byte[] Label);

    private sealed record Circle(byte[] Label, int Radius) : Shape(Label);

    private sealed record Square(byte[] Label, short Width) : Shape(Label);

    [JsonDerivedType(typeof(Dog), 1)]
    private record Animal(byte Age);

    private sealed record Dog(byte Age, short Tricks) : Animal(Age);
}
