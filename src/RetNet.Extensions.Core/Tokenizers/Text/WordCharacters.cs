using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>The characters of words, <c>\w</c>: Unicode's alphabetic characters, marks, decimal digits and connectors. The library has two
/// engines of regular expressions, whose <c>\w</c> differ.</summary>
internal static class WordCharacters
{
    /// <summary>Those of Oniguruma, for which the patterns of files are written, up to U+FFFF: the inside of a .NET character
    /// class.</summary>
    public const string ClassContent = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    /// <summary>Whether a character is one of those of Rust's regex crate, by which the library itself tells words: also the joiners
    /// U+200C and U+200D of Persian and Indic words, and letters in circles and squares beyond U+FFFF.</summary>
    public static bool Contains(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        _ => rune.Value is (>= 0x24B6 and <= 0x24E9) or 0x200C or 0x200D
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
    };
}
