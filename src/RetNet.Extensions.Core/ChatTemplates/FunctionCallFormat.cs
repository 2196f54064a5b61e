using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.ChatTemplates.Channels;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>How a model writes calls of functions, as its chat template shows. Immutable and thread-safe.</summary>
[Experimental("RETNET001")]
public sealed class FunctionCallFormat
{
    private readonly Dictionary<string, int> _controlTokens;
    private readonly GrammarCache<Grammar> _required = new(grammar => grammar);
    private readonly GrammarCache<FunctionCallConstraint> _allowed = new(constraint => constraint.Grammar);

    /// <param name="form">The form of calls.</param>
    /// <param name="controlTokens">The tokenizer's control tokens by their text.</param>
    internal FunctionCallFormat(CallForm form, IReadOnlyDictionary<string, int> controlTokens)
    {
        Shape = new CallShape(form);
        _controlTokens = controlTokens.Where(token => form.Contains(token.Key)).ToDictionary();
        ControlTokens = [.. _controlTokens.Values];
    }

    /// <summary>The control tokens with which calls are written; a reader needs their text
    /// (<c>GenerationOptions.VisibleTokens</c>).</summary>
    public IReadOnlyList<int> ControlTokens { get; }

    /// <summary>Whether an answer can have more than one call.</summary>
    public bool AllowsSeveralCalls => Form.Between is not null;

    internal CallForm Form => Shape.Form;

    internal CallShape Shape { get; }

    /// <summary>The format of answers whose calls are messages in channels; null for any other.</summary>
    internal ChannelFormat? Channels { get; init; }

    /// <summary>Whether the template takes arguments as the text of a JSON object.</summary>
    internal bool ArgumentsAreText { get; init; }

    /// <summary>Whether the template takes <c>none</c> instead of "" as the content of a message that has only calls.</summary>
    internal bool EmptyContentIsNull { get; init; }

    /// <summary>Whether the template accepts only ids of nine letters and digits.</summary>
    internal bool IdsAreShort { get; init; }

    /// <summary>Whether the template describes calls, but does not write those of a message.</summary>
    internal bool WritesNoCalls { get; init; }

    /// <summary>A reader of one answer.</summary>
    /// <param name="tools">The functions that the model may call, as templates take them:
    /// <c>{"type":"function","function":{"name":…,"parameters":{…}}}</c>.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="ArgumentException">A tool has no name, two have the same, or parameters are not described by an
    /// object.</exception>
    public FunctionCallReader CreateReader(IReadOnlyList<JsonElement> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        return new FunctionCallReader(Shape, new OfferedFunctions(tools));
    }

    /// <summary>Keeps an answer to calls: nothing else may come.</summary>
    /// <param name="tools">The functions, as for <see cref="CreateReader"/>.</param>
    /// <param name="several">Whether there may be more than one call.</param>
    /// <param name="function">The only function that may be called; null for any of them.</param>
    /// <returns>The answers. Use one object for many requests: equal functions give the same.</returns>
    /// <exception cref="ArgumentException">A tool has no name, two have the same, parameters are not described by an object, or
    /// <paramref name="function"/> is none of the tools.</exception>
    /// <exception cref="NotSupportedException">A schema of arguments cannot be kept; the message names function, keyword and
    /// place.</exception>
    public Grammar Require(IReadOnlyList<JsonElement> tools, bool several, string? function = null)
    {
        ArgumentNullException.ThrowIfNull(tools);
        return Cached(_required, $"{function}\n{several}", tools, functions =>
        {
            if (function is not null && !functions.Contains(function))
            {
                throw new ArgumentException($"Function '{function}' is required, but not offered; expected one of "
                    + $"{string.Join(", ", functions.Names)}.", nameof(function));
            }

            return new CallGrammar(Shape, _controlTokens.Keys, functions)
                .Calls(function is null ? functions.Names : [function], skip: 0, several, strict: true);
        });
    }

    /// <summary>Leaves an answer free until it begins a call, and keeps it to valid calls from there on.</summary>
    /// <remarks>A function whose schema cannot be kept may be called with any arguments; see
    /// <see cref="FunctionCallConstraint.Unconstrained"/>.</remarks>
    /// <param name="tools">The functions, as for <see cref="CreateReader"/>.</param>
    /// <param name="several">Whether there may be more than one call.</param>
    /// <returns>The constraint; null if nothing tells where a call begins.</returns>
    /// <exception cref="ArgumentException">A tool has no name, two have the same, or parameters are not described by an
    /// object.</exception>
    public FunctionCallConstraint? Allow(IReadOnlyList<JsonElement> tools, bool several)
    {
        ArgumentNullException.ThrowIfNull(tools);
        if (Channels is not null)
        {
            return Cached(_allowed, "", tools, functions =>
            {
                CallGrammar grammar = new(Shape, _controlTokens.Keys, functions);
                Grammar calls = grammar.Calls(functions.Names, skip: 0, several: false, strict: false);
                return new FunctionCallConstraint(Grammar.Choice(Channels.AnyText, calls), null)
                {
                    Unconstrained = grammar.Unconstrained,
                };
            });
        }

        string lead = Form.Open + Form.Before;
        if (lead.Trim().Length == 0)
            return null;
        return Cached(_allowed, $"{several}", tools, functions =>
        {
            // The first mark; without one, all that stands before the name.
            int start = lead.Length - lead.TrimStart().Length;
            string? token = _controlTokens.Keys.FirstOrDefault(token => lead.AsSpan(start).StartsWith(token, StringComparison.Ordinal));
            int end = token is not null ? start + token.Length
                : Shape.Marker.Length == 0 ? lead.Length
                : start + CallShape.FirstWord(Shape.Marker).Length;
            CallGrammar grammar = new(Shape, _controlTokens.Keys, functions);
            GrammarTrigger trigger = new()
            {
                Texts = token is null ? [lead[start..end]] : [],
                Tokens = token is null ? [] : [_controlTokens[token]],
                OnlyAtStart = Shape.Marker.Length == 0,
            };
            return new FunctionCallConstraint(grammar.Calls(functions.Names, end, several, strict: false), trigger)
            {
                Unconstrained = grammar.Unconstrained,
            };
        });
    }

    private static T Cached<T>(
        GrammarCache<T> known, string kind, IReadOnlyList<JsonElement> tools, Func<OfferedFunctions, T> create)
        where T : class =>
        known.GetOrAdd(string.Join('\n', [kind, .. tools.Select(CallJson.RawText)]), () => create(new OfferedFunctions(tools)));

    /// <summary>Messages as the template takes them.</summary>
    internal IReadOnlyList<ChatTemplateMessage> Adapt(IReadOnlyList<ChatTemplateMessage> messages) =>
        [.. (AllowsSeveralCalls || WritesNoCalls ? messages : CallsOneByOne.Split(messages)).Select(Adapt)];

    private ChatTemplateMessage Adapt(ChatTemplateMessage message)
    {
        if (message.ToolCallId is not null && IdsAreShort)
            message = message with { ToolCallId = CallJson.ShortId(message.ToolCallId) };
        if (message.ToolCalls is not { Count: > 0 } calls || CallJson.ReadCalls(calls) is not { } read)
            return message;
        if (WritesNoCalls)
        {
            MarkedText content = MarkedText.From(TextOrigin.Conversation, message.Content);
            MarkedText marked = content + MarkedText.Trusted(content.Length > 0 ? Form.AfterText : "") + Form.Write(read);
            return message with { Content = marked.Text, MarkedContent = marked, ToolCalls = null };
        }

        // In channels, text before a call is as reasoning to the template, which takes one of them.
        if (Channels is not null && message is { Content.Length: > 0, Reasoning.Length: > 0 })
            message = message with { Reasoning = $"{message.Reasoning}\n{message.Content}", Content = "" };
        return message with
        {
            IsContentNull = EmptyContentIsNull && message.Content.Length == 0,
            ToolCalls = [.. read.Select(call => CallJson.Write(IdsAreShort ? CallJson.ShortId(call.Id) : call.Id, call.Name,
                ArgumentsAreText ? CallJson.Quote(CallJson.Text(call.Arguments)) : call.Arguments))],
        };
    }
}
