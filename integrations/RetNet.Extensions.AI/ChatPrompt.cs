using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI;

/// <summary>A chat request in the terms of the model.</summary>
/// <param name="History">What was said, with the request's messages.</param>
/// <param name="Functions">The functions that may be called.</param>
/// <param name="Options">How the answer is generated.</param>
/// <param name="Tokens">The prompt.</param>
/// <param name="Reused">A state that has seen its beginning, whose owner the request is; or null.</param>
/// <param name="PrefixLength">Without such a state, how many first tokens other conversations begin with too.</param>
internal sealed record ChatPrompt(
    IReadOnlyList<ChatTemplateMessage> History, IReadOnlyList<AIFunctionDeclaration> Functions, GenerationOptions Options, int[] Tokens,
    SequenceState? Reused, int PrefixLength);
