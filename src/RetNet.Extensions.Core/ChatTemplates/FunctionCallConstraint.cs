using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>What keeps an answer to valid calls: a grammar, and where it begins. Use one object for many requests.</summary>
/// <param name="Grammar">The calls.</param>
public sealed record FunctionCallConstraint(Grammar Grammar)
{
    /// <summary>The texts behind which the grammar begins; none and no tokens: where the answer begins.</summary>
    public IReadOnlyList<string> TriggerTexts { get; init; } = [];

    /// <summary>The control tokens behind which the grammar begins.</summary>
    public IReadOnlyList<int> TriggerTokens { get; init; } = [];

    /// <summary>Whether a call must be the beginning of the answer.</summary>
    public bool OnlyAtStart { get; init; }

    /// <summary>Functions whose schema cannot be kept, with the reasons: their calls may have any arguments.</summary>
    public IReadOnlyList<string> Unconstrained { get; init; } = [];
}
