using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>
/// What one rendering may cost. A template is code from a file, so its work, its output and its memory come out of one budget, counted
/// before they are spent. One unit is about a byte of memory, or the time in which one is written.
/// </summary>
/// <param name="limit">Units for everything.</param>
/// <param name="time">Further units for time alone, which take no memory.</param>
internal sealed class Budget(long limit, long time = 0)
{
    private const int UnitsPerStep = 128;
    private const int UnitsPerObject = 128;
    private const int UnitsPerElement = 16;
    private const int UnitsPerCharacter = 8;
    private const int CharactersReadPerUnit = 4;

    private long _spent;
    private long _time = time;

    /// <summary>Counts one evaluation.</summary>
    public void Step() => SpendTime(UnitsPerStep);

    /// <summary>Counts characters that are about to be written, with the marks of where they came from.</summary>
    public void Characters(long count) => Spend(count, UnitsPerCharacter);

    /// <summary>Counts the elements of a list that is about to be made of existing values.</summary>
    public void Elements(long count) => Spend(count, UnitsPerElement);

    /// <summary>Counts small values that are about to be made: texts of a few characters, pairs, entries of a mapping.</summary>
    public void Objects(long count) => Spend(count, UnitsPerObject);

    /// <summary>Counts small values that are gone with the next step, such as the scope of a pass through a loop: only time.</summary>
    public void Passing(long count) => SpendTime(count * UnitsPerObject);

    /// <summary>Counts characters that are only looked at.</summary>
    public void Read(long count) => SpendTime(count / CharactersReadPerUnit);

    /// <summary>Counts the search of a name in a table.</summary>
    public void Look(int length) => SpendTime(UnitsPerElement + length / CharactersReadPerUnit);

    /// <summary>Counts the search of a part in a text, whose time is at worst the product of their lengths.</summary>
    public void Search(int length, int partLength)
    {
        const int charactersAtOnce = 16;
        Read(length + (long)length * partLength / charactersAtOnce);
    }

    private void Spend(long count, int units) => Spend(count > limit / units ? long.MaxValue : count * units);

    private void SpendTime(long units)
    {
        long further = Math.Min(units, _time);
        _time -= further;
        Spend(units - further);
    }

    private void Spend(long units)
    {
        if (units > limit - _spent)
            throw new TemplateFailure($"its steps, characters and values cost more than the budget of {limit} for this conversation");
        _spent += units;
    }
}
