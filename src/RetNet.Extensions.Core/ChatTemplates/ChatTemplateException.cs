namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>A chat template that is not understood, fails, runs for too long, or rejects a conversation (<c>raise_exception</c>).</summary>
public sealed class ChatTemplateException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">Where the template comes from, usually a file.</param>
    /// <param name="line">The line of the template, from 1.</param>
    /// <param name="column">The column, from 1.</param>
    /// <param name="problem">What is wrong, naming the construct.</param>
    /// <param name="innerException">The failure below this one, if any.</param>
    public ChatTemplateException(string source, int line, int column, string problem, Exception? innerException = null)
        : base($"{source}: chat template, line {line}, column {column}: {problem}.", innerException)
    {
        TemplateSource = source;
        Line = line;
        Column = column;
        Problem = problem;
    }

    /// <summary>Where the template comes from, usually a file.</summary>
    public string TemplateSource { get; }

    /// <summary>The line of the template, from 1.</summary>
    public int Line { get; }

    /// <summary>The column of the template, from 1.</summary>
    public int Column { get; }

    /// <summary>What is wrong, naming the construct.</summary>
    public string Problem { get; }
}
