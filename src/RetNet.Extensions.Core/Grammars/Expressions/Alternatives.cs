using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Unions and intersections in normal form: flat, sorted, without what changes nothing, common beginnings of a union joined.
/// The normal form is what keeps the number of derivatives finite and small.</summary>
internal sealed class Alternatives(ExpressionPool pool, ExpressionNodes nodes)
{
    private const int MostCompared = 32;

    private readonly Dictionary<Expression, int> _heads = [];
    private readonly Stack<List<Expression>> _lists = [];

    public Expression Or(ReadOnlySpan<Expression> members)
    {
        List<Expression> all = Rent();
        ByteSet set = default;
        Flatten(ExpressionKind.Or, members, all);
        int kept = 0;
        for (int i = 0; i < all.Count; i++)
        {
            if (all[i] == pool.Everything)
                return Return(all, pool.Everything);
            if (nodes.Kind(all[i]) == ExpressionKind.Set)
                set |= nodes.Set(all[i]);
            else
                all[kept++] = all[i];
        }

        CollectionsMarshal.SetCount(all, kept);
        if (!set.IsEmpty)
            all.Add(pool.Bytes(set));
        SortDistinct(all);
        if (all.Count > 1 && JoinHeads(all))
            SortDistinct(all);
        if (all.Contains(pool.Empty) && all.Exists(member => member != pool.Empty && nodes.IsNullable(member)))
            all.Remove(pool.Empty);
        return Finish(ExpressionKind.Or, all, pool.Nothing);
    }

    public Expression And(ReadOnlySpan<Expression> members)
    {
        List<Expression> all = Rent();
        ByteSet set = ByteSet.All;
        Flatten(ExpressionKind.And, members, all);
        bool hasSet = false;
        int kept = 0;
        for (int i = 0; i < all.Count; i++)
        {
            if (all[i] == pool.Nothing)
                return Return(all, pool.Nothing);
            if (all[i] == pool.Everything)
                continue;
            if (nodes.Kind(all[i]) == ExpressionKind.Set)
                (set, hasSet) = (set & nodes.Set(all[i]), true);
            else
                all[kept++] = all[i];
        }

        CollectionsMarshal.SetCount(all, kept);
        if (hasSet)
            all.Add(pool.Bytes(set));
        SortDistinct(all);
        if (all.Contains(pool.Empty))
            return Return(all, all.TrueForAll(nodes.IsNullable) ? pool.Empty : pool.Nothing);
        if (set.IsEmpty || all.Exists(member => nodes.Kind(member) == ExpressionKind.Not && all.Contains(nodes.Body(member))))
            return Return(all, pool.Nothing);
        return Finish(ExpressionKind.And, all, pool.Everything);
    }

    private void Flatten(ExpressionKind kind, ReadOnlySpan<Expression> members, List<Expression> all)
    {
        foreach (Expression member in members)
        {
            if (nodes.Kind(member) == kind)
                all.AddRange(nodes.Members(member));
            else
                all.Add(member);
        }

        if (all.Count > GrammarLimits.Members)
            throw new GrammarException("", $"a choice of more than {GrammarLimits.Members} alternatives");
    }

    /// <summary>a·x | a·y = a·(x | y), and b{1,3}·x | b{2,5}·x = b{1,5}·x.</summary>
    private bool JoinHeads(List<Expression> all)
    {
        bool joined = false;
        for (int i = 0; i < all.Count && all.Count <= MostCompared; i++)
        {
            for (int j = i + 1; j < all.Count && nodes.Kind(Split(all[i]).Head) == ExpressionKind.Repeat; j++)
            {
                if (JoinRepeats(all[i], all[j]) is { } repeat)
                {
                    all[i] = repeat;
                    all.RemoveAt(j);
                    (j, joined) = (i, true);
                }
            }
        }

        return JoinEqualHeads(all) || joined;
    }

    private bool JoinEqualHeads(List<Expression> all)
    {
        _heads.Clear();
        bool found = false;
        foreach (Expression member in all)
        {
            if (nodes.Kind(member) == ExpressionKind.Sequence)
            {
                ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_heads, nodes.Head(member), out _);
                found |= ++count > 1;
            }
        }

        if (!found)
            return false;
        Expression[] heads = [.. _heads.Where(pair => pair.Value > 1).Select(pair => pair.Key)];
        foreach (Expression head in heads)
        {
            List<Expression> tails = Rent();
            int kept = 0;
            for (int i = 0; i < all.Count; i++)
            {
                if (nodes.Kind(all[i]) == ExpressionKind.Sequence && nodes.Head(all[i]) == head)
                    tails.Add(nodes.Tail(all[i]));
                else
                    all[kept++] = all[i];
            }

            CollectionsMarshal.SetCount(all, kept);
            Expression tail = Or(CollectionsMarshal.AsSpan(tails));
            all.Add(pool.Sequence(head, tail));
            Return(tails, tail);
        }

        return true;
    }

    private Expression? JoinRepeats(Expression left, Expression right)
    {
        (Expression first, Expression firstTail) = Split(left);
        (Expression second, Expression secondTail) = Split(right);
        if (firstTail != secondTail || nodes.Kind(first) != ExpressionKind.Repeat || nodes.Kind(second) != ExpressionKind.Repeat
            || nodes.Body(first) != nodes.Body(second))
        {
            return null;
        }

        (int minimum, int maximum) = (nodes.Minimum(first), nodes.Maximum(first));
        (int otherMinimum, int otherMaximum) = (nodes.Minimum(second), nodes.Maximum(second));
        if ((long)otherMaximum + 1 < minimum || (long)maximum + 1 < otherMinimum)
            return null;
        Expression joined = pool.Repeat(nodes.Body(first), Math.Min(minimum, otherMinimum), Math.Max(maximum, otherMaximum));
        return pool.Sequence(joined, firstTail);
    }

    private (Expression Head, Expression Tail) Split(Expression member) =>
        nodes.Kind(member) == ExpressionKind.Sequence ? (nodes.Head(member), nodes.Tail(member)) : (member, pool.Empty);

    private static void SortDistinct(List<Expression> all)
    {
        Span<int> ids = MemoryMarshal.Cast<Expression, int>(CollectionsMarshal.AsSpan(all));
        ids.Sort();
        int kept = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            if (i == 0 || ids[i] != ids[i - 1])
                ids[kept++] = ids[i];
        }

        CollectionsMarshal.SetCount(all, kept);
    }

    private Expression Finish(ExpressionKind kind, List<Expression> all, Expression none)
    {
        all.RemoveAll(member => member == none);
        Expression result = all.Count switch { 0 => none, 1 => all[0], _ => nodes.Add(kind, CollectionsMarshal.AsSpan(all)) };
        return Return(all, result);
    }

    private List<Expression> Rent() => _lists.TryPop(out List<Expression>? list) ? list : [];

    private Expression Return(List<Expression> list, Expression result)
    {
        list.Clear();
        _lists.Push(list);
        return result;
    }
}
