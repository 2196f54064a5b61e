using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI.Answers;

/// <summary>The prompt that several requests have in common, which is encoded once. A pipeline may change what one of them says, and then
/// that one has a prompt of its own. Thread-safe.</summary>
internal sealed class SharedPrompt
{
    private readonly Lock _gate = new();
    private Parts? _parts;
    private (int[] Tokens, int PrefixLength) _encoded;

    /// <summary>The tokens, and how many of the first ones other conversations share.</summary>
    /// <param name="parts">What the tokens are made of.</param>
    /// <param name="encode">Makes them.</param>
    /// <param name="cancellationToken">Observed before they are made, for which a request may have waited for another one.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public (int[] Tokens, int PrefixLength) Encode(
        Parts parts, Func<(int[] Tokens, int PrefixLength)> encode, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_parts?.Equals(parts) == true)
                return _encoded;
            cancellationToken.ThrowIfCancellationRequested();
            (int[] Tokens, int PrefixLength) encoded = encode();
            if (_parts is null)
                (_parts, _encoded) = (parts, encoded);
            return encoded;
        }
    }

    /// <summary>What a prompt is made of; messages and functions are the same if they are the same objects.</summary>
    public sealed record Parts(
        ChatEncoder Encoder, string? Instructions, IReadOnlyList<ChatMessage> Messages, IReadOnlyList<AIFunctionDeclaration> Functions,
        ReasoningEffort? Effort)
    {
        public bool Equals(Parts? other) =>
            other is not null && Encoder == other.Encoder && Instructions == other.Instructions && Effort == other.Effort
            && Messages.SequenceEqual(other.Messages) && Functions.SequenceEqual(other.Functions);

        public override int GetHashCode() => HashCode.Combine(Encoder, Instructions, Messages.Count, Functions.Count, Effort);
    }
}
