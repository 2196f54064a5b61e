using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>How a model writes calls of functions, as its chat template shows. Immutable and thread-safe.</summary>
public sealed class FunctionCallFormat
{
    /// <param name="form">The form of calls.</param>
    /// <param name="controlTokens">The tokenizer's control tokens by their text.</param>
    internal FunctionCallFormat(CallForm form, IReadOnlyDictionary<string, int> controlTokens)
    {
        Shape = new CallShape(form);
        ControlTokens = [.. controlTokens.Where(token => form.Contains(token.Key)).Select(token => token.Value)];
    }

    /// <summary>The control tokens with which calls are written; a reader needs their text
    /// (<c>GenerationOptions.VisibleTokens</c>).</summary>
    public IReadOnlyList<int> ControlTokens { get; }

    /// <summary>Whether an answer can have more than one call.</summary>
    public bool AllowsSeveralCalls => Form.Between is not null;

    internal CallForm Form => Shape.Form;

    internal CallShape Shape { get; }

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
    /// <exception cref="ArgumentException">A tool has no name, or two have the same.</exception>
    public FunctionCallReader CreateReader(IReadOnlyList<JsonElement> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        return new FunctionCallReader(Shape, new OfferedFunctions(tools));
    }

    /// <summary>Messages as the template takes them.</summary>
    internal IReadOnlyList<ChatTemplateMessage> Adapt(IReadOnlyList<ChatTemplateMessage> messages) => [.. messages.Select(Adapt)];

    private ChatTemplateMessage Adapt(ChatTemplateMessage message)
    {
        if (message.ToolCallId is not null && IdsAreShort)
            message = message with { ToolCallId = CallJson.ShortId(message.ToolCallId) };
        if (message.ToolCalls is not { Count: > 0 } calls || CallJson.ReadCalls(calls) is not { } read)
            return message;
        if (WritesNoCalls)
        {
            string text = message.Content + (message.Content.Length > 0 ? Form.AfterText : "");
            return message with { Content = text + Form.Write(read), ToolCalls = null };
        }

        return message with
        {
            IsContentNull = EmptyContentIsNull && message.Content.Length == 0,
            ToolCalls = [.. read.Select(call => CallJson.Write(IdsAreShort ? CallJson.ShortId(call.Id) : call.Id, call.Name,
                ArgumentsAreText ? CallJson.Quote(CallJson.Text(call.Arguments)) : call.Arguments))],
        };
    }
}
