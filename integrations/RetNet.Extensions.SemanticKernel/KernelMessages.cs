using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI;
using FunctionCallContent = Microsoft.Extensions.AI.FunctionCallContent;
using FunctionResultContent = Microsoft.Extensions.AI.FunctionResultContent;
using TextContent = Microsoft.Extensions.AI.TextContent;

#pragma warning disable SKEXP0110 // Experimental: what a kernel has for reasoning.

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Messages of a kernel as a chat client has them, and the other way round, with reasoning, which the kernel's own conversion
/// leaves out.</summary>
internal static class KernelMessages
{
    /// <summary>A copy of a history for the kernel's own conversion, in which reasoning is a text with itself as its inner content, which
    /// <see cref="AsRead(ChatMessage)"/> makes reasoning again, calls have the names that the model knows, and the text that repeats a
    /// function's result is left out.</summary>
    /// <exception cref="ArgumentException">A message is null.</exception>
    public static ChatHistory Copy(ChatHistory history) => new(history.Select((message, place) => Copy(message
        ?? throw new ArgumentException($"Message {place} is null; expected a message.", "chatHistory"))));

    /// <summary>A message as the model reads it: with its reasoning, and with the texts of a kernel's contents that functions
    /// return.</summary>
    public static ChatMessage AsRead(ChatMessage message)
    {
        List<AIContent> contents = [.. message.Contents.Select(AsRead)];
        if (contents.SequenceEqual(message.Contents))
            return message;
        ChatMessage read = message.Clone();
        read.Contents = contents;
        return read;
    }

    /// <summary>The messages of a response; as in kernels, each result of a function is one.</summary>
    public static List<ChatMessageContent> Of(ChatResponse response, FunctionNames names)
    {
        Dictionary<string, string> functions = [];
        foreach (FunctionCallContent call in response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
            functions[call.CallId] = call.Name;
        return [.. response.Messages.SelectMany(OneByOne).Select(message => Of(message, response, functions, names))];
    }

    /// <summary>Names the calls of a part of a stream by plugin and function, and numbers them: the kernel's own conversion gives all the
    /// number 0, so that a <see cref="FunctionCallContentBuilder"/> takes several for one.</summary>
    /// <param name="part">The part.</param>
    /// <param name="first">The number of its first call.</param>
    /// <param name="names">The names of the kernel's functions.</param>
    /// <returns>The number of the next call.</returns>
    public static int TellCalls(StreamingChatMessageContent part, int first, FunctionNames names)
    {
        for (int i = 0; i < part.Items.Count; i++)
        {
            if (part.Items[i] is StreamingFunctionCallUpdateContent call)
            {
                string? name = call.Name is { } called ? names.Streamed(called) : null;
                part.Items[i] = new StreamingFunctionCallUpdateContent(call.CallId, name, call.Arguments, first++)
                {
                    ChoiceIndex = call.ChoiceIndex,
                    InnerContent = call.InnerContent,
                    ModelId = call.ModelId,
                    Metadata = call.Metadata,
                };
            }
        }

        return first;
    }

    /// <summary>Adds the reasoning of an update to the part of a stream that was made of it.</summary>
    public static void AddReasoning(StreamingChatMessageContent part, ChatResponseUpdate update)
    {
        int place = 0;
        foreach (TextReasoningContent reasoning in update.Contents.OfType<TextReasoningContent>())
            part.Items.Insert(place++, new StreamingReasoningContent(reasoning.Text) { ModelId = update.ModelId });
    }

    private static ChatMessageContent Copy(ChatMessageContent message)
    {
        bool hasResults = message.Items.Any(item => item is Microsoft.SemanticKernel.FunctionResultContent);
        IEnumerable<KernelContent> kept = hasResults && message.Role == AuthorRole.Tool
            ? message.Items.Where(item => item is not Microsoft.SemanticKernel.TextContent)
            : message.Items;
        KernelContent[] copies = [.. kept.Select(Copy)];
        if (copies.SequenceEqual(message.Items, ReferenceEqualityComparer.Instance))
            return message;
        ChatMessageContentItemCollection items = [];
        foreach (KernelContent copy in copies)
            items.Add(copy);
        return new ChatMessageContent(message.Role, items, message.ModelId, message.InnerContent, message.Encoding, message.Metadata)
        {
            AuthorName = message.AuthorName,
        };
    }

    private static KernelContent Copy(KernelContent item) => item switch
    {
        ReasoningContent reasoning => new Microsoft.SemanticKernel.TextContent(reasoning.Text, innerContent: reasoning),
        Microsoft.SemanticKernel.FunctionCallContent { PluginName.Length: > 0 } call =>
            new Microsoft.SemanticKernel.FunctionCallContent(
                FunctionNames.Called(call.PluginName, call.FunctionName), id: call.Id, arguments: call.Arguments)
            {
                Exception = call.Exception,
                InnerContent = call.InnerContent,
                ModelId = call.ModelId,
                Metadata = call.Metadata,
            },
        _ => item,
    };

    private static AIContent AsRead(AIContent content) => content switch
    {
        TextContent { RawRepresentation: ReasoningContent reasoning } => new TextReasoningContent(reasoning.Text),
        FunctionResultContent result when AsRead(result.Result) is { } read && !ReferenceEquals(read, result.Result) =>
            new FunctionResultContent(result.CallId, read)
            {
                Exception = result.Exception,
                RawRepresentation = result.RawRepresentation,
                AdditionalProperties = result.AdditionalProperties,
            },
        _ => content,
    };

    /// <summary>What a function returned, as the model reads it: contents of a kernel are their texts.</summary>
    private static object? AsRead(object? result) => result switch
    {
        KernelContent content => content.ToString() ?? "",
        IEnumerable<KernelContent> contents => string.Join('\n', contents),
        _ => result,
    };

    private static IEnumerable<ChatMessage> OneByOne(ChatMessage message)
    {
        if (message.Role != ChatRole.Tool)
            return [message];
        return message.Contents.Select(content =>
        {
            ChatMessage one = message.Clone();
            one.Contents = [content];
            return one;
        });
    }

    private static ChatMessageContent Of(
        ChatMessage message, ChatResponse response, Dictionary<string, string> functions, FunctionNames names)
    {
        ChatMessageContent kernelMessage = new()
        {
            Role = new AuthorRole(message.Role.Value),
            AuthorName = message.AuthorName,
            ModelId = response.ModelId,
            InnerContent = response,
            Metadata = new AdditionalPropertiesDictionary(message.AdditionalProperties ?? []) { ["Usage"] = response.Usage },
        };
        foreach (AIContent content in message.Contents)
        {
            foreach (KernelContent item in Of(content, functions, names))
            {
                item.ModelId = response.ModelId;
                kernelMessage.Items.Add(item);
            }
        }

        return kernelMessage;
    }

    // A result is a text too, as kernels have it: the text of an answer that a filter ends with it, which is there whether or not JSON can
    // hold the result.
    private static KernelContent[] Of(AIContent content, Dictionary<string, string> functions, FunctionNames names)
    {
        switch (content)
        {
            case TextReasoningContent reasoning:
                return [new ReasoningContent(reasoning.Text)];
            case TextContent text:
                return [new Microsoft.SemanticKernel.TextContent(text.Text)];
            case FunctionCallContent call:
                (string? plugin, string function) = names.Find(call.Name);
                return [new Microsoft.SemanticKernel.FunctionCallContent(
                    function, plugin, call.CallId, call.Arguments is { } arguments ? new KernelArguments(arguments) : null)];
            case FunctionResultContent result:
                (plugin, string? called) = functions.TryGetValue(result.CallId, out string? name) ? names.Find(name) : (null, null);
                object? read = AsRead(result.Result);
                return [
                    new Microsoft.SemanticKernel.TextContent(TextOf(read)),
                    new Microsoft.SemanticKernel.FunctionResultContent(called, plugin, result.CallId, read)];
            default:
                return [];
        }
    }

    private static string TextOf(object? result)
    {
        if (result is null or JsonElement { ValueKind: JsonValueKind.String })
            return $"{result}";
        try
        {
            return AnyJson.ToReadText(result);
        }
        catch (Exception exception) when (AnyJson.IsRefusal(exception))
        {
            return result.ToString() ?? "";
        }
    }
}
