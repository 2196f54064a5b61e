using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A checkpoint's file is missing, malformed, or of a kind that is not supported.</summary>
/// <remarks>The message names the file, the tensor or option, what was found, and what was expected. Text taken from a file is shortened
/// and its control characters are replaced.</remarks>
public sealed class CheckpointException : Exception
{
    private const int LongestQuotation = 120;

    /// <summary>Reports a fault of a file as a whole.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="found">What the file holds.</param>
    /// <param name="expected">What it should hold.</param>
    /// <param name="innerException">The reader's own exception, where there is one.</param>
    public CheckpointException(string file, string found, string expected, Exception? innerException = null)
        : base($"{file}: found {found}; expected {expected}.", innerException) => (File, Found, Expected) = (file, found, expected);

    private CheckpointException(string file, string? tensor, string message)
        : base(message) => (File, Tensor) = (file, tensor);

    /// <summary>Path of the file at fault.</summary>
    public string File { get; }

    /// <summary>Name of the tensor at fault, or null when the fault is not one tensor's.</summary>
    public string? Tensor { get; }

    /// <summary>What a file as a whole holds; empty when the fault is a tensor's or an option's.</summary>
    internal string Found { get; } = "";

    /// <summary>What it should hold.</summary>
    internal string Expected { get; } = "";

    /// <summary>Reports a fault of one tensor.</summary>
    /// <param name="file">Path of the file that holds the tensor, or should hold it.</param>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="found">What was found.</param>
    /// <param name="expected">What was expected.</param>
    /// <returns>The exception, to be thrown.</returns>
    public static CheckpointException ForTensor(string file, string tensor, string found, string expected)
        => new(file, tensor, $"{file}, tensor {Quote(tensor)}: found {found}; expected {expected}.");

    /// <summary>Reports a fault of one option of a configuration.</summary>
    /// <param name="file">Path of the configuration.</param>
    /// <param name="option">The option's name.</param>
    /// <param name="found">What was found.</param>
    /// <param name="expected">What was expected.</param>
    /// <returns>The exception, to be thrown.</returns>
    public static CheckpointException ForOption(string file, string option, string found, string expected)
        => new(file, null, $"{file}, option {Quote(option)}: found {found}; expected {expected}.");

    /// <summary>Puts text from a file between quotation marks, short and without control characters.</summary>
    internal static string Quote(ReadOnlySpan<char> text)
    {
        StringBuilder quoted = new("'");
        foreach (char c in text[..Math.Min(text.Length, LongestQuotation)])
            quoted.Append(IsPrintable(c) ? c : '\uFFFD');
        return quoted.Append(text.Length > LongestQuotation ? "…'" : "'").ToString();
    }

    // Characters that could move a terminal's cursor or reverse its text are not shown.
    private static bool IsPrintable(char c)
        => char.GetUnicodeCategory(c)
            is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
