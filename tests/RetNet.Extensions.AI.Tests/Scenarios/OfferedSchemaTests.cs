using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests.Scenarios;

/// <summary>Functions of all kinds of parameters may be offered, with and without the wish for strict schemas.</summary>
public sealed class OfferedSchemaTests
{
    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{},"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}""",
        """{"type":"object","properties":{"seconds":{"type":"number","default":10}},"additionalProperties":false}""",
        """{"type":"object","properties":{"prompt":{"type":"string"},"most":{"type":"number","default":100}},"required":["prompt"]}""",
        """{"type":"object","properties":{"kind":{"type":"string","enum":["error","success","debug"]}},"required":["kind"]}""",
        """{"type":"object","properties":{"id":{"type":"number","minimum":1,"maximum":100}},"required":["id"]}""",
        """{"properties":{"side":{"enum":["LEFT","RIGHT"],"type":"string"}},"required":["side"],"type":"object"}""",
        """{"type":"object","properties":{"labels":{"type":"object"}},"additionalProperties":{"type":"string"}}""",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_kinds_of_parameters_are_accepted(bool strict)
    {
        Dictionary<string, object?> additional = strict ? new() { ["strict"] = true } : [];
        Delegate[] methods =
        [
            (int? i) => i, (string? s) => s, (int? i = null) => i, (bool b) => b, (double d) => d, (decimal d) => d, (float f) => f,
            (long l) => l, (char c) => c, (DateTime t) => t, (DateTimeOffset? t) => t, (TimeSpan t) => t, (DateOnly d) => d,
            (TimeOnly t) => t, (Uri uri) => uri, (Guid guid) => guid, (List<int> list) => list, (int[] list, Parcel? parcel) => list,
            (string a = "str", int b = 42, BindingFlags c = BindingFlags.IgnoreCase, char d = 'x') => a,
            (string? a = "str", int? b = 42, BindingFlags? c = BindingFlags.IgnoreCase, char? d = 'x') => a,
        ];
        using FunctionInvokingChatClient client = new(new RetNetChatClient(Models.Scenarios));

        ChatResponse response = await client.GetResponseAsync("Which animal is the largest?", new ChatOptions
        {
            MaxOutputTokens = 20,
            Tools =
            [
                .. methods.Select((method, i) => AIFunctionFactory.Create(
                    method, new AIFunctionFactoryOptions { Name = $"method{i}", AdditionalProperties = additional })),
                .. Schemas.Select((schema, i) => new Declared($"declared{i}", JsonElement.Parse(schema), additional)),
            ],
        });

        Assert.NotEmpty(response.Messages);
    }

    private sealed class Declared(string name, JsonElement schema, IReadOnlyDictionary<string, object?> additional) : AIFunction
    {
        public override string Name => name;

        public override JsonElement JsonSchema => schema;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties => additional;

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
            ValueTask.FromResult<object?>(null);
    }

    private sealed class Parcel
    {
        [AllowedValues("abc", "def")]
        public string Label { get; set; } = "abc";

        [Range(25, 75)]
        public int Weight { get; set; }

        [EmailAddress]
        public string? Sender { get; set; }

        [RegularExpression("[abc]")]
        public string? Class { get; set; }

        [Length(1, 2)]
        public int[]? Sides { get; set; }
    }
}
