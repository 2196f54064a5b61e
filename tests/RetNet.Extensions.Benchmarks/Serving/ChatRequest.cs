using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary>Chat requests that share a system prompt, each with a question of its own, in the shape of OpenAI.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="tokens">How many tokens are generated; tokens that end an answer are not chosen.</param>
internal sealed class ChatRequest(Tokenizer tokenizer, int tokens)
{
    private static readonly string[] Subjects =
    [
        "the parcel that was promised for Tuesday", "an invoice that was paid twice", "the lamp whose switch is broken",
        "a new address in the north of the country", "the subscription that should have ended in March",
        "a password that no longer works", "the two chairs in the wrong colour", "a refund that has not arrived",
    ];

    private static readonly string System = string.Join(' ', Enumerable.Repeat(
        "You answer the customers of a shop for furniture and lamps. Be brief and polite. Name the order, say what will happen next and "
        + "when, and never promise what the rules of the shop do not allow: returns within thirty days, refunds within ten working days, "
        + "repairs free of charge for two years, deliveries on working days only.", 4));

    private readonly JsonObject _neverEnds = new(EndTokens(tokenizer).Select(
        token => KeyValuePair.Create(token.ToString(provider: null), (JsonNode?)JsonValue.Create(-100))));

    /// <summary>A request.</summary>
    /// <param name="number">Its number, which its question depends on.</param>
    /// <param name="streamed">Whether the answer comes as it is written.</param>
    public byte[] Create(int number, bool streamed = true)
    {
        Random random = new(number);
        string question = $"My number is {random.Next(100_000, 1_000_000)}, and I write about {Subjects[number % Subjects.Length]}. "
            + $"It has been {random.Next(2, 60)} days now. What will you do, and when do I hear from you?";
        JsonObject request = Request(Message("system", System), Message("user", question));
        request["stream"] = streamed;
        request["logit_bias"] = _neverEnds.DeepClone();
        if (streamed)
            request["stream_options"] = new JsonObject { ["include_usage"] = true };
        return JsonSerializer.SerializeToUtf8Bytes(request);
    }

    /// <summary>A request without the system prompt, whose answer may end before.</summary>
    /// <param name="question">What is asked.</param>
    public byte[] Create(string question) => JsonSerializer.SerializeToUtf8Bytes(Request(Message("user", question)));

    private JsonObject Request(params JsonNode[] messages) => new()
    {
        ["messages"] = new JsonArray(messages),
        ["max_tokens"] = tokens,
        ["temperature"] = 0,
    };

    private static IEnumerable<int> EndTokens(Tokenizer tokenizer) =>
        Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsSpecial);

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
