using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>One whole answer.</summary>
/// <param name="options">The options of the request.</param>
internal sealed class ChatAnswer(ChatOptions options)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thought = new();
    private readonly StringBuilder _refusal = new();
    private readonly List<FunctionCallContent> _calls = [];
    private ChatFinishReason? _reason;
    private IReadOnlyList<TokenLogProbs> _logProbs = [];

    /// <summary>What it cost.</summary>
    public UsageDetails? Usage { get; private set; }

    /// <summary>Whether the caller offers the function of a call. Others are the host's own, which its pipeline invokes.</summary>
    public static bool IsForCaller(FunctionCallContent call, ChatOptions options) =>
        options.Tools?.Any(tool => tool.Name == call.Name) == true;

    /// <summary>Takes what a client answered.</summary>
    /// <exception cref="Errors.OpenAIException">It is an error.</exception>
    public void Add(ChatResponse response)
    {
        foreach (ChatMessage message in response.Messages)
            Add(message.Contents);
        (Usage, _reason) = (response.Usage, response.FinishReason);
        ChatJson.AddState(Usage, response.AdditionalProperties);
        _logProbs = LogProbsJson.Of(response.AdditionalProperties);
    }

    /// <summary>Writes the answer as an entry of <c>choices</c>.</summary>
    public void Write(Utf8JsonWriter json, int index)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        bool isText = _text.Length > 0 || (_calls.Count == 0 && _refusal.Length == 0);
        json.WriteString("content"u8, isText ? _text.ToString() : null);
        if (_thought.Length > 0)
            json.WriteString("reasoning_content"u8, _thought.ToString());
        json.WriteString("refusal"u8, _refusal.Length > 0 ? _refusal.ToString() : null);
        if (_calls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (FunctionCallContent call in _calls)
                ChatJson.WriteCall(json, call);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        LogProbsJson.Write(json, _logProbs);
        json.WriteString("finish_reason"u8, ChatJson.FinishReason(_reason, _calls.Count > 0));
        json.WriteEndObject();
    }

    private void Add(IEnumerable<AIContent> contents)
    {
        foreach (AIContent content in contents)
        {
            switch (content)
            {
                case TextContent text:
                    _text.Append(text.Text);
                    break;
                case TextReasoningContent thought:
                    _thought.Append(thought.Text);
                    break;
                case FunctionCallContent call when IsForCaller(call, options):
                    _calls.Add(call);
                    break;
                case ErrorContent error:
                    _refusal.Append(ErrorContents.IsRefusal(error) ? error.Message : throw ErrorContents.Failure(error));
                    break;
            }
        }
    }
}
