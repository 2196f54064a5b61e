using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using FunctionCallContent = Microsoft.Extensions.AI.FunctionCallContent;
using FunctionResultContent = Microsoft.Extensions.AI.FunctionResultContent;
using TextContent = Microsoft.Extensions.AI.TextContent;

#pragma warning disable SKEXP0110 // Experimental: what a kernel has for reasoning.

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Messages of a kernel as a chat client has them, and the other way round, with reasoning, which the kernel's own conversion
/// leaves out.</summary>
internal static class KernelMessages
{
    /// <summary>A copy of a history for the kernel's own conversion, in which reasoning is a text with itself as its inner content:
    /// <see cref="AsRead(ChatMessage)"/> makes it reasoning again.</summary>
    public static ChatHistory Copy(ChatHistory history) => new(history.Select(Copy));

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

    /// <summary>The messages of a response.</summary>
    public static List<ChatMessageContent> Of(ChatResponse response)
    {
        Dictionary<string, string> functions = [];
        foreach (FunctionCallContent call in response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
            functions[call.CallId] = call.Name;
        return [.. response.Messages.Select(message => Of(message, response, functions))];
    }

    /// <summary>Numbers the calls of a part of a stream, which the kernel's own conversion gives the number 0, so that a
    /// <see cref="FunctionCallContentBuilder"/> takes several for one.</summary>
    /// <param name="part">The part.</param>
    /// <param name="first">The number of its first call.</param>
    /// <returns>The number of the next call.</returns>
    public static int NumberCalls(StreamingChatMessageContent part, int first)
    {
        for (int i = 0; i < part.Items.Count; i++)
        {
            if (part.Items[i] is StreamingFunctionCallUpdateContent call)
            {
                part.Items[i] = new StreamingFunctionCallUpdateContent(call.CallId, call.Name, call.Arguments, first++)
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
        if (!message.Items.Any(item => item is ReasoningContent))
            return message;
        ChatMessageContentItemCollection items = [];
        foreach (KernelContent item in message.Items)
        {
            items.Add(item is ReasoningContent reasoning
                ? new Microsoft.SemanticKernel.TextContent(reasoning.Text, innerContent: reasoning)
                : item);
        }

        return new ChatMessageContent(message.Role, items, message.ModelId, message.InnerContent, message.Encoding, message.Metadata)
        {
            AuthorName = message.AuthorName,
        };
    }

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

    private static ChatMessageContent Of(ChatMessage message, ChatResponse response, Dictionary<string, string> functions)
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
            KernelContent? item = content switch
            {
                TextReasoningContent reasoning => new ReasoningContent(reasoning.Text),
                TextContent text => new Microsoft.SemanticKernel.TextContent(text.Text),
                FunctionCallContent call => new Microsoft.SemanticKernel.FunctionCallContent(
                    call.Name, id: call.CallId, arguments: call.Arguments is { } arguments ? new KernelArguments(arguments) : null),
                FunctionResultContent result => new Microsoft.SemanticKernel.FunctionResultContent(
                    functions.GetValueOrDefault(result.CallId), callId: result.CallId, result: AsRead(result.Result)),
                _ => null,
            };
            if (item is null)
                continue;
            item.ModelId = response.ModelId;
            kernelMessage.Items.Add(item);
        }

        return kernelMessage;
    }
}
