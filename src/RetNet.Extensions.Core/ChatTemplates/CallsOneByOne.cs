using System.Text.Json;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Conversations for templates that take one call in a message.</summary>
internal static class CallsOneByOne
{
    /// <summary>The conversation with each call in a message of its own, followed by its result.</summary>
    /// <param name="messages">The conversation. The results of a message's calls follow it, in any order if they have ids.</param>
    public static List<ChatTemplateMessage> Split(IReadOnlyList<ChatTemplateMessage> messages)
    {
        List<ChatTemplateMessage> split = [];
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i] is not { ToolCalls: { Count: > 1 } calls } message)
            {
                split.Add(messages[i]);
                continue;
            }

            ChatTemplateMessage[] results = [.. messages.Skip(i + 1).TakeWhile(IsResult)];
            i += results.Length;
            ResultsInOrder order = new(results);
            for (int call = 0; call < calls.Count; call++)
            {
                split.Add(message with
                {
                    Content = call == 0 ? message.Content : "",
                    Reasoning = call == 0 ? message.Reasoning : null,
                    Parts = call == 0 ? message.Parts : null,
                    ToolCalls = [calls[call]],
                });
                if (order.Take(Id(calls[call])) is { } result)
                    split.Add(result);
            }

            split.AddRange(order.Rest());
        }

        return split;
    }

    private static bool IsResult(ChatTemplateMessage message) => message.ToolCallId is not null || message.Role == "tool";

    private static string? Id(JsonElement call) =>
        call.ValueKind == JsonValueKind.Object && call.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String
            ? id.GetString()
            : null;

    /// <summary>The results of a message's calls, of which each is taken once.</summary>
    private sealed class ResultsInOrder
    {
        private readonly ChatTemplateMessage?[] _results;
        private readonly Queue<int> _withoutId = [];
        private readonly Dictionary<string, Queue<int>> _byId = [];

        public ResultsInOrder(ChatTemplateMessage[] results)
        {
            _results = [.. results];
            for (int i = 0; i < results.Length; i++)
            {
                if (results[i].ToolCallId is not { } id)
                    _withoutId.Enqueue(i);
                else if (_byId.TryGetValue(id, out Queue<int>? places))
                    places.Enqueue(i);
                else
                    _byId[id] = new Queue<int>([i]);
            }
        }

        /// <summary>The first result that has an id, or none; null where there is no such result.</summary>
        public ChatTemplateMessage? Take(string? id)
        {
            Queue<int>? ofId = id is not null && _byId.TryGetValue(id, out Queue<int>? places) && places.Count > 0 ? places : null;
            Queue<int>? first = _withoutId.Count > 0 && (ofId is null || _withoutId.Peek() < ofId.Peek()) ? _withoutId : ofId;
            if (first is null)
                return null;
            int place = first.Dequeue();
            ChatTemplateMessage? result = _results[place];
            _results[place] = null;
            return result;
        }

        /// <summary>The results that were not taken.</summary>
        public IEnumerable<ChatTemplateMessage> Rest() => _results.OfType<ChatTemplateMessage>();
    }
}
