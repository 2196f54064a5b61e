using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI;

/// <summary>Finds function calls in a text as it is generated, and passes on everything else.</summary>
/// <remarks>
/// Two ways of writing a call are known: <c>&lt;tool_call&gt;{"name": …, "arguments": {…}}&lt;/tool_call&gt;</c> anywhere (Hermes, Qwen),
/// and a text that is nothing but <c>{"name": …, "parameters": {…}}</c> with the name of a function that was offered (Llama 3.1). Text that
/// only looks like a call, for example because its JSON is broken, stays text. White space after a call is dropped.
/// </remarks>
internal sealed class FunctionCallReader(IReadOnlyList<AIFunctionDeclaration> functions)
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";

    private readonly List<FunctionCallContent> _calls = [];

    // Text that may become part of a call and was not passed on yet.
    private readonly StringBuilder _held = new();
    private bool _hasBegun;
    private bool _isBareJson;
    private bool _isInCall;
    private bool _isAfterCall;
    private int _searched;

    /// <summary>Takes the next piece of the text.</summary>
    /// <returns>The text that is certainly not part of a call; may be empty.</returns>
    public string Add(string piece)
    {
        _held.Append(piece);
        StringBuilder text = new();
        if (HasBegun())
        {
            while (!_isBareJson && (_isInCall ? ReadToClose(text) : ReadToOpen(text)))
            {
            }
        }

        return text.ToString();
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The rest that is not a call.</returns>
    public string Finish()
    {
        string rest = _held.ToString();
        _held.Clear();
        bool isCall = _isInCall ? TryRead(rest[Open.Length..], out FunctionCallContent? call)
            : TryRead(rest, out call) && functions.Any(function => function.Name == call!.Name);
        if (!isCall)
            return rest;
        _calls.Add(call!);
        return "";
    }

    /// <summary>The calls that were found.</summary>
    public IReadOnlyList<FunctionCallContent> Take(bool several) => several ? _calls : [.. _calls.Take(1)];

    private bool HasBegun()
    {
        for (int i = 0; i < _held.Length && !_hasBegun; i++)
        {
            _hasBegun = !char.IsWhiteSpace(_held[i]);
            _isBareJson = _held[i] == '{';
        }

        return _hasBegun;
    }

    private void DropSpaceAfterCall()
    {
        int space = 0;
        while (_isAfterCall && space < _held.Length)
        {
            _isAfterCall = char.IsWhiteSpace(_held[space]);
            space += _isAfterCall ? 1 : 0;
        }

        _held.Remove(0, space);
    }

    /// <summary>Passes text on up to a call, or up to a possible beginning of one.</summary>
    private bool ReadToOpen(StringBuilder text)
    {
        DropSpaceAfterCall();
        string held = _held.ToString();
        int open = held.IndexOf(Open, StringComparison.Ordinal);
        int certain = open >= 0 ? open : held.Length - TextMarkers.BeginningAtEnd(held, Open);
        text.Append(held, 0, certain);
        _held.Remove(0, certain);
        _isInCall = open >= 0;
        _searched = Open.Length;
        return _isInCall;
    }

    /// <summary>Reads a call if it is complete. Text that was searched is not searched again.</summary>
    private bool ReadToClose(StringBuilder text)
    {
        string unsearched = _held.ToString(_searched, _held.Length - _searched);
        int close = unsearched.IndexOf(Close, StringComparison.Ordinal);
        if (close < 0)
        {
            _searched = Math.Max(_searched, _held.Length - Close.Length + 1);
            return false;
        }

        int bodyEnd = _searched + close;
        _isAfterCall = TryRead(_held.ToString(Open.Length, bodyEnd - Open.Length), out FunctionCallContent? call);
        if (_isAfterCall)
            _calls.Add(call!);
        else
            text.Append(_held, 0, bodyEnd + Close.Length);
        _held.Remove(0, bodyEnd + Close.Length);
        _isInCall = false;
        return true;
    }

    private static bool TryRead(string json, out FunctionCallContent? call)
    {
        call = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("name", out JsonElement name)
                || name.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            if (!root.TryGetProperty("arguments", out JsonElement arguments) && !root.TryGetProperty("parameters", out arguments))
                return false;
            if (arguments.ValueKind != JsonValueKind.Object)
                return false;
            RequireValidText(arguments);
            Dictionary<string, object?> values = [];
            foreach (JsonProperty argument in arguments.EnumerateObject())
                values[argument.Name] = argument.Value.Clone();
            call = new FunctionCallContent($"call_{Guid.NewGuid():N}", name.GetString()!, values);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string with half a surrogate pair.
            return false;
        }
    }

    // Reads every string now: one with half a surrogate pair must not fail later, in the code that uses the call.
    private static void RequireValidText(JsonElement json)
    {
        using Utf8JsonWriter writer = new(Stream.Null);
        json.WriteTo(writer);
    }
}
