using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI;

/// <summary>A chat request in the terms of the model.</summary>
/// <param name="History">The messages of the conversation, including those of the request.</param>
/// <param name="Functions">The functions that may be called.</param>
/// <param name="Options">How the answer is generated.</param>
/// <param name="Tokens">The prompt.</param>
/// <param name="Reused">A state that has seen its beginning, owned by the request; or null.</param>
/// <param name="PrefixLength">Without such a state, the number of first tokens that other conversations share.</param>
internal sealed record ChatPrompt(
    IReadOnlyList<ChatTemplateMessage> History, IReadOnlyList<AIFunctionDeclaration> Functions, GenerationOptions Options, int[] Tokens,
    SequenceState? Reused, int PrefixLength);
