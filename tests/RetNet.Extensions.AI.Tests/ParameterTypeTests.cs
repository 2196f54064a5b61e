using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Arguments of calls are what the parameters of a .NET method take, also where its schema allows more.</summary>
public sealed class ParameterTypeTests
{
    // A template for a model that was never trained to call functions: its arguments are as random as their schemas allow.
    private const string Template =
        "{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}{% for message in messages %}{{ message.content }}"
        + "{% for call in message.tool_calls %}{{ '<tool_call>\n{\"name\": \"' + call.function.name"
        + " + '\", \"arguments\": ' + call.function.arguments | tojson + '}\n</tool_call>' }}{% endfor %}{{ '<|end|>\n' }}{% endfor %}";

    private static readonly Dictionary<string, Delegate> Methods = new()
    {
        ["integers"] = (sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong? h) => $"{a} {b} {c} {d} {e} {f} {g} {h}",
        ["times"] = (TimeSpan span, TimeOnly time, TimeOnly? other) => $"{span} {time} {other}",
        ["list"] = ([MaxLength(3)] List<short> numbers, [MaxLength(2)] TimeOnly[] times) => $"{numbers.Count} {times.Length}",
        ["object"] = (Parcel parcel) => $"{parcel.Weight} {parcel.Sent}",
    };

    [Theory]
    [InlineData("integers")]
    [InlineData("times")]
    [InlineData("list")]
    [InlineData("object")]
    public async Task A_random_call_can_be_made(string name)
    {
        ServiceCollection services = new();
        services.AddRetNetChatClient(
            options => (options.ModelPath, options.ChatTemplate) = (Models.PathOf("llama-tinystories"), Template));
        await using ServiceProvider provider = services.BuildServiceProvider();
        AIFunction function = AIFunctionFactory.Create(Methods[name], name);
        ChatOptions options = new()
        {
            Tools = [function],
            ToolMode = ChatToolMode.RequireAny,
            AllowMultipleToolCalls = false,
            Temperature = 3,
            MaxOutputTokens = 500,
        };
        for (options.Seed = 0; options.Seed < 10; options.Seed++)
        {
            ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", options);

            FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
            Assert.NotNull(await function.InvokeAsync(new AIFunctionArguments(call.Arguments)));
        }
    }

    [Fact]
    public void A_bound_of_the_schema_is_kept_and_the_model_sees_the_schema_as_it_is()
    {
        AIFunction function = AIFunctionFactory.Create(([Range(1, 9)] int level, int other) => level + other, "sum");

        JsonElement typed = FunctionTools.DescribeTypes([function])[0].GetProperty("function").GetProperty("parameters");
        JsonElement shown = FunctionTools.Describe([function])[0].GetProperty("function").GetProperty("parameters");

        Assert.Equal((1, 9), Bounds(typed, "level"));
        Assert.Equal((int.MinValue, int.MaxValue), Bounds(typed, "other"));
        Assert.True(JsonElement.DeepEquals(function.JsonSchema, shown));
    }

    private static (int, int) Bounds(JsonElement schema, string name)
    {
        JsonElement number = schema.GetProperty("properties").GetProperty(name);
        return (number.GetProperty("minimum").GetInt32(), number.GetProperty("maximum").GetInt32());
    }

    private sealed record Parcel(byte Weight, TimeSpan Sent);
}
