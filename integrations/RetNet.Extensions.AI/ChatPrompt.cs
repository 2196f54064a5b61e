using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <summary>A chat request in the terms of the model.</summary>
/// <param name="History">The messages of the conversation, including those of the request.</param>
/// <param name="Tools">The functions that may be called, as the chat template takes them.</param>
/// <param name="TypedTools">The same, with schemas of all that they take.</param>
/// <param name="CallFormat">How the model calls them; null if there are none.</param>
/// <param name="Options">How the answer is generated.</param>
/// <param name="Tokens">The prompt.</param>
/// <param name="PrefixLength">The number of first tokens that other conversations share.</param>
/// <param name="Variables">Further variables of the chat template.</param>
/// <param name="Answers">How the model writes reasoning and what follows it.</param>
internal sealed record ChatPrompt(
    IReadOnlyList<ChatTemplateMessage> History, IReadOnlyList<JsonElement> Tools, IReadOnlyList<JsonElement> TypedTools,
    FunctionCallFormat? CallFormat, GenerationOptions Options, int[] Tokens, int PrefixLength,
    IReadOnlyDictionary<string, JsonElement>? Variables, AnswerFormat Answers);
