using System.Numerics;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Which names of an object must be present where others are.</summary>
internal sealed class NeededNames
{
    // A bit for each name: what must be present with it, itself too.
    private readonly BigInteger[] _with;

    /// <param name="names">The names of the object, among them all that the dependencies have.</param>
    /// <param name="dependencies">Which names need which.</param>
    public NeededNames(IReadOnlyList<string> names, IReadOnlyList<NameDependency> dependencies)
    {
        Dictionary<string, int> places = names.Index().ToDictionary(name => name.Item, name => name.Index);
        _with = [.. names.Select((_, place) => BigInteger.One << place)];
        (int Name, int Needed)[] pairs = [.. dependencies.Select(pair => (places[pair.Name], places[pair.Needed]))];
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach ((int name, int needed) in pairs)
            {
                BigInteger all = _with[name] | _with[needed];
                changed |= all != _with[name];
                _with[name] = all;
            }
        }

        foreach ((int name, int needed) in pairs)
            Concerned |= BigInteger.One << name | BigInteger.One << needed;
    }

    /// <summary>The names that need others or are needed: a bit for each.</summary>
    public BigInteger Concerned { get; }

    /// <summary>The names that must be present where some are, these too: a bit for each.</summary>
    public BigInteger With(BigInteger present)
    {
        BigInteger all = present;
        for (int name = 0; name < _with.Length; name++)
        {
            if (!(present >> name).IsEven)
                all |= _with[name];
        }

        return all;
    }
}
