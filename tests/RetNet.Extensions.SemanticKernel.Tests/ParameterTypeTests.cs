using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>Random calls of kernel functions, and answers of a type, are what the types read.</summary>
public sealed class ParameterTypeTests
{
    // A template for a model that was never trained to call functions: its arguments are as random as their schemas allow.
    private const string Template =
        "{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}{% for message in messages %}{{ message.content }}"
        + "{% for call in message.tool_calls %}{{ '<tool_call>\n{\"name\": \"' + call.function.name"
        + " + '\", \"arguments\": ' + call.function.arguments | tojson + '}\n</tool_call>' }}{% endfor %}{{ '<|end|>\n' }}{% endfor %}";

    private static readonly Dictionary<string, Delegate> Methods = new()
    {
        ["Bytes"] = (byte[] a, ReadOnlyMemory<byte> b, Blob c) => $"{a} {b} {c}",
        ["Flags"] = (Days a, Days? b, Shift c) => $"{a} {b} {c}",
        ["Small"] = (byte a, short b, char c, Version d, Half e) => $"{a} {b} {c} {d} {e}",
        ["Derived"] = (Shape shape) => $"{shape}",
        ["Keys"] = (Dictionary<DayOfWeek, bool> a) => $"{a}",
        ["Chain"] = (Chain chain) => $"{chain.Value} {chain.Next?.Value}",
        ["Node"] = (Node node) => $"{node.Value} {node.Nodes.Count}",
    };

    [Theory]
    [InlineData("Bytes", 3f)]
    [InlineData("Flags", 3f)]
    [InlineData("Small", 3f)]
    [InlineData("Derived", 3f)]
    [InlineData("Keys", 0.7f)]
    [InlineData("Chain", 3f)]
    [InlineData("Node", 3f)]
    public async Task A_random_call_can_be_made(string name, float temperature)
    {
        Kernel kernel = CreateKernel();
        kernel.Plugins.AddFromFunctions("Test", [KernelFunctionFactory.CreateFromMethod(Methods[name], name)]);
        RetNetPromptExecutionSettings settings = new()
        {
            FunctionChoiceBehavior = FunctionChoiceBehavior.Required(autoInvoke: false),
            Temperature = temperature,
            MaxTokens = 1000,
        };
        int made = 0;
        for (settings.Seed = 0; settings.Seed < 8; settings.Seed++)
        {
            ChatMessageContent answer = await kernel.GetRequiredService<IChatCompletionService>()
                .GetChatMessageContentAsync("Hello!", settings, kernel);

            // Calls that are cut off are none.
            foreach (FunctionCallContent call in FunctionCallContent.GetFunctionCalls(answer))
            {
                Assert.NotNull((await call.InvokeAsync(kernel)).Result);
                made++;
            }
        }

        Assert.InRange(made, 3, int.MaxValue);
    }

    [Theory]
    [InlineData(typeof(Box<int>))]
    [InlineData(typeof(Box<Days>))]
    [InlineData(typeof(Shape))]
    public async Task An_answer_of_a_type_is_the_types(Type type)
    {
        Kernel kernel = CreateKernel();
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
        int whole = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            RetNetPromptExecutionSettings settings = new() { ResponseFormat = type, Temperature = seed, Seed = seed, MaxTokens = 300 };

            FunctionResult answer = await kernel.InvokePromptAsync("Hello!", new(settings));
            if (answer.Metadata!["FinishReason"] is "length")
                continue;
            Assert.NotNull(JsonSerializer.Deserialize(answer.GetValue<string>()!, type, options));
            whole++;
        }

        Assert.InRange(whole, 2, int.MaxValue);
    }

    private static Kernel CreateKernel()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(model => (model.ModelPath, model.ChatTemplate) = (EmbeddedModels.Llama, Template));
        return builder.Build();
    }

    private sealed record Box<T>(T Value);

    private sealed record Blob(byte[] Data, ReadOnlyMemory<byte>? More);

    private sealed record Shift(Days First, Days? Last);

    private sealed record Chain(byte Value, Chain? Next);

    private sealed record Node(byte Value, List<Node> Nodes);

    [Flags]
    private enum Days
    {
        None = 0,
        Monday = 1,
        Tuesday = 2,
        Wednesday = 4,
    }

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    private abstract record Shape(byte[] Label);

    private sealed record Circle(byte[] Label, int Radius) : Shape(Label);

    private sealed record Square(byte[] Label, short Width) : Shape(Label);
}
