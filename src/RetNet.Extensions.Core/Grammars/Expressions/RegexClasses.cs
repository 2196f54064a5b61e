namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>The classes that ECMA-262 names by one letter.</summary>
internal static class RegexClasses
{
    public static readonly CodePointSet Digit = CodePointSet.Of(('0', '9'));
    public static readonly CodePointSet Word = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_'));
    public static readonly CodePointSet NoLineTerminator = CodePointSet.Of("\n\r\u2028\u2029").Complement();

    /// <summary>White space and line ends.</summary>
    public static readonly CodePointSet Space = CodePointSet.Of(
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
        (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>The class of <c>\d \D \w \W \s \S</c>; null for another letter.</summary>
    public static CodePointSet? Escape(char letter) => letter switch
    {
        'd' => Digit,
        'D' => Digit.Complement(),
        'w' => Word,
        'W' => Word.Complement(),
        's' => Space,
        'S' => Space.Complement(),
        _ => null,
    };
}
