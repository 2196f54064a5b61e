namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>
/// How far a decimal number has been read on its way to a multiple of <c>modulus / 10^scale</c>: the value read so far, in units of the
/// last digit read, modulo <c>modulus</c>.
/// </summary>
/// <param name="Modulus">At least 1.</param>
/// <param name="Scale">Digits after the point that the divisor has.</param>
/// <param name="Remainder">Of the digits read.</param>
/// <param name="FractionDigits">Digits read after the point, at most <paramref name="Scale"/>; -1 before the point.</param>
/// <param name="MayEnd">Whether the last character read is a digit.</param>
internal readonly record struct DecimalRemainder(long Modulus, int Scale, long Remainder, int FractionDigits, bool MayEnd)
{
    public const long LargestModulus = 100_000_000_000_000_000;

    private int DigitsLeft => Scale - Math.Max(FractionDigits, 0);

    /// <summary>Whether the number read is a multiple.</summary>
    public bool IsMultiple => MayEnd && ShiftedRemainder() == 0;

    /// <summary>Whether no further digits make it a multiple.</summary>
    public bool IsDead
    {
        get
        {
            if (FractionDigits < 0)
                return false;
            long missing = ShiftedRemainder();
            return missing != 0 && DigitsLeft < 18 && Modulus - missing >= Power(DigitsLeft);
        }
    }

    /// <summary>After one more byte, or null where it is not allowed.</summary>
    public DecimalRemainder? After(byte next)
    {
        if (next == '.')
            return FractionDigits < 0 && MayEnd ? this with { FractionDigits = 0, MayEnd = false } : null;
        if (next is < (byte)'0' or > (byte)'9')
            return null;
        if (FractionDigits == Scale)
            return next == '0' ? this with { MayEnd = true } : null;
        return this with
        {
            Remainder = (Remainder * 10 + (next - '0')) % Modulus,
            FractionDigits = FractionDigits < 0 ? -1 : FractionDigits + 1,
            MayEnd = true,
        };
    }

    private long ShiftedRemainder()
    {
        long remainder = Remainder;
        for (int i = 0; i < DigitsLeft && remainder != 0; i++)
            remainder = remainder * 10 % Modulus;
        return remainder;
    }

    private static long Power(int digits)
    {
        long power = 1;
        for (; digits > 0; digits--)
            power *= 10;
        return power;
    }
}
