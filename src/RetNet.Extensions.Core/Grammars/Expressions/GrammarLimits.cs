namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Sizes beyond which a grammar is refused, so that one from outside costs little time and memory: a mask less than 1 s, 64 MB,
/// and 256 MB of garbage.</summary>
internal static class GrammarLimits
{
    /// <summary>Nodes of one <see cref="ExpressionPool"/>, at some 80 bytes each.</summary>
    public const int Expressions = 250_000;

    /// <summary>Remembered derivatives of one pool, at some 30 bytes each; they are forgotten beyond it.</summary>
    public const int Derivatives = 300_000;

    /// <summary>Derivatives computed for one mask or text, or while a grammar is read, each member of a union counted; some 0.2
    /// s.</summary>
    public const int Work = 500_000;

    /// <summary>The same for a text, and what is added to that again for each of its tokens. Of 900 published schemas the texts need a
    /// quarter of the former at most, and most a hundredth of that.</summary>
    public const int WorkOfText = 1_000_000, WorkOfToken = 1_000;

    /// <summary>Cheaper steps that count as one derivative: a known one that is looked up, or a part of a sequence that is built
    /// anew.</summary>
    public const int StepsOfWork = 8;

    /// <summary>What a new stack of symbols counts as, which takes some 60 bytes.</summary>
    public const int WorkOfStack = 4;

    /// <summary>Ranges of all different character classes of one grammar.</summary>
    public const int CharacterRanges = 100_000;

    /// <summary>Members of one union or intersection.</summary>
    public const int Members = 20_000;

    /// <summary>States visited to decide whether one language has a text.</summary>
    public const int EmptinessSearch = 20_000;

    /// <summary>Characters of a regular expression, and of a written grammar.</summary>
    public const int RegexLength = 20_000, GrammarLength = 1 << 18;

    /// <summary>Rules of a written grammar.</summary>
    public const int Rules = 2_000;

    /// <summary>Depth of groups in regular expressions and grammars.</summary>
    public const int Depth = 200;

    /// <summary>Copies that a repetition of something with an assertion is written out to, and all of them of one expression.</summary>
    public const int Copies = 250, AllCopies = 2_000;

    /// <summary>Stacks visited to find the terminals on top of one stack.</summary>
    public const int Unfolding = 20_000;

    /// <summary>Alternatives that are read at the same time.</summary>
    public const int Configurations = 5_000;

    /// <summary>Parse states of one table that texts went on from, at some 1.2 kB each; beyond it the table begins anew.</summary>
    public const int ParseStates = 16_384;

    /// <summary>Alternatives of all states of a table, at 8 bytes each; beyond it the table begins anew.</summary>
    public const int ConfigurationsOfTable = 2_000_000;

    /// <summary>Such states that a table may have within one mask.</summary>
    public const int ParseStatesOfMask = 40_000;
}
