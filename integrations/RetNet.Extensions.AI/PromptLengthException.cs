namespace RetNet.Extensions.AI;

/// <summary>A request was refused because its prompt has too many tokens.</summary>
public sealed class PromptLengthException : ArgumentException
{
    internal PromptLengthException(int tokens, int limit, string message)
        : base(message) => (Tokens, Limit) = (tokens, limit);

    /// <summary>The number of tokens of the prompt.</summary>
    public int Tokens { get; }

    /// <summary>The most tokens that it may have.</summary>
    public int Limit { get; }
}
