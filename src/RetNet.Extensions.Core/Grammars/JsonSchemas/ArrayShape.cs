using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>What the items of an array must be, all of it: each as its place asks for, so many of some kinds, and so many.</summary>
internal sealed record ArrayShape
{
    public const int Unbounded = int.MaxValue;

    public static readonly ArrayShape Any = new();

    /// <summary>What items must be by their places.</summary>
    public IReadOnlyList<ItemShapes> Items { get; private init; } = [];

    /// <summary>How many items of some kind there must be.</summary>
    public IReadOnlyList<ItemCount> Counts { get; private init; } = [];

    public int Minimum { get; private init; }

    public int Maximum { get; private init; } = Unbounded;

    /// <summary>The keyword that asks for items that differ from one another; null where none does.</summary>
    public SchemaNode? Unique { get; private init; }

    /// <param name="prefix">The schemas of the first items.</param>
    /// <param name="from">From which item on <paramref name="rest"/> holds.</param>
    /// <param name="rest">The schema of the others, or null.</param>
    public static ArrayShape OfItems(IReadOnlyList<SignedSchema> prefix, int from, SignedSchema? rest) =>
        new() { Items = [new ItemShapes(prefix, from, rest)] };

    public static ArrayShape OfLength(int minimum, int maximum) => new() { Minimum = minimum, Maximum = maximum };

    public static ArrayShape OfCount(ItemCount count) => new() { Counts = [count] };

    public static ArrayShape OfUnique(SchemaNode place) => new() { Unique = place };

    /// <summary>An array of exactly these items.</summary>
    public static ArrayShape OfValues(IReadOnlyList<SignedSchema> values) =>
        OfItems(values, values.Count, null) with { Minimum = values.Count, Maximum = values.Count };

    public ArrayShape And(ArrayShape other) => this == Any ? other : other == Any ? this : new ArrayShape
    {
        Items = [.. Items, .. other.Items.Except(Items)],
        Counts = [.. Counts, .. other.Counts.Except(Counts)],
        Minimum = Math.Max(Minimum, other.Minimum),
        Maximum = Math.Min(Maximum, other.Maximum),
        Unique = Unique ?? other.Unique,
    };

    /// <summary>The shapes of which an array has one where it has not this shape.</summary>
    public IEnumerable<ArrayShape> Negated(SignedSchema everything)
    {
        if (Unique is not null)
            throw Unique.Refuse("that items do not differ cannot be asked for");
        if (Minimum > 0)
            yield return OfLength(0, Minimum - 1);
        if (Maximum < Unbounded)
            yield return OfLength(Maximum + 1, Unbounded);
        foreach (ItemShapes items in Items)
        {
            for (int i = 0; i < items.Prefix.Count; i++)
            {
                if (items.Prefix[i].IsTrue)
                    continue;
                SignedSchema[] prefix = [.. Enumerable.Repeat(everything, i), items.Prefix[i].Negated];
                yield return OfItems(prefix, prefix.Length, null) with { Minimum = i + 1 };
            }

            if (items.Rest is { IsTrue: false } rest)
                yield return OfCount(new ItemCount(items.From, rest.Negated, 1, Unbounded, rest.Schema.Place));
        }

        foreach (ItemCount count in Counts)
        {
            if (count.Minimum > 0)
                yield return OfCount(count with { Minimum = 0, Maximum = count.Minimum - 1 });
            if (count.Maximum < Unbounded)
                yield return OfCount(count with { Minimum = count.Maximum + 1, Maximum = Unbounded });
        }
    }

    /// <summary>What the item at a place must be.</summary>
    public IEnumerable<SignedSchema> At(int index)
    {
        foreach (ItemShapes items in Items)
        {
            if (index < items.Prefix.Count)
                yield return items.Prefix[index];
            else if (index >= items.From && items.Rest is { } rest)
                yield return rest;
        }
    }

    /// <summary>The first place from which on all places ask for the same.</summary>
    public int Settled => Math.Max(
        Items.Select(items => Math.Max(items.Prefix.Count, items.Rest is null ? 0 : items.From)).DefaultIfEmpty().Max(),
        Counts.Select(count => count.From).DefaultIfEmpty().Max());
}

/// <summary>What the items of an array must be by their places.</summary>
/// <param name="Prefix">Of the first items.</param>
/// <param name="From">From which on <paramref name="Rest"/> holds.</param>
/// <param name="Rest">Of the others, or null.</param>
internal sealed record ItemShapes(IReadOnlyList<SignedSchema> Prefix, int From, SignedSchema? Rest);

/// <summary>How many items of an array, from one place on, must satisfy a schema.</summary>
internal sealed record ItemCount(int From, SignedSchema Value, int Minimum, int Maximum, SchemaNode Place);
