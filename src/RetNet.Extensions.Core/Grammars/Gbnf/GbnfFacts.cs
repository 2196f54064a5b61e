using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Gbnf;

/// <summary>What is true of the rules of a grammar: which lead to a recursive rule, which have a text, which may be empty. Checks that
/// none begins with itself.</summary>
internal sealed class GbnfFacts
{
    private readonly Dictionary<string, GbnfNode> _rules;
    private readonly Dictionary<string, HashSet<string>> _named;
    private readonly HashSet<string> _recursive = new(StringComparer.Ordinal);
    private readonly HashSet<string> _productive = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nullable = new(StringComparer.Ordinal);

    /// <exception cref="GrammarException">A rule begins with itself.</exception>
    public GbnfFacts(Dictionary<string, GbnfNode> rules)
    {
        _rules = rules;
        _named = rules.ToDictionary(rule => rule.Key, rule => Named(rule.Value));
        // A rule is regular when all rules it names are, beginning with those that name none; what remains leads to a cycle.
        _recursive.UnionWith(rules.Keys);
        Grow(name => _recursive.Contains(name) && !_recursive.Overlaps(_named[name]) && _recursive.Remove(name));
        Grow(name => !_productive.Contains(name) && IsProductive(rules[name]) && _productive.Add(name));
        Grow(name => !_nullable.Contains(name) && IsNullable(rules[name]) && _nullable.Add(name));
        RefuseLeftRecursion();
    }

    public bool IsRegular(string name) => !_recursive.Contains(name);

    public bool IsProductive(string name) => _productive.Contains(name);

    /// <summary>Whether a part leads to no recursive rule.</summary>
    public bool IsRegular(GbnfNode node)
    {
        Guard.Stack();
        return node switch
        {
            GbnfNode.Reference reference => IsRegular(reference.Name),
            GbnfNode.Sequence sequence => sequence.Parts.All(IsRegular),
            GbnfNode.Choice choice => choice.Members.All(IsRegular),
            GbnfNode.Repeat repeat => IsRegular(repeat.Body),
            _ => true,
        };
    }

    /// <summary>Whether a part has a text.</summary>
    public bool IsProductive(GbnfNode node)
    {
        Guard.Stack();
        return node switch
        {
            GbnfNode.Character character => !character.Set.IsEmpty,
            GbnfNode.Literal or GbnfNode.Token => true,
            GbnfNode.Reference reference => IsProductive(reference.Name),
            GbnfNode.Sequence sequence => sequence.Parts.All(IsProductive),
            GbnfNode.Choice choice => choice.Members.Any(IsProductive),
            _ => ((GbnfNode.Repeat)node).Minimum == 0 || IsProductive(((GbnfNode.Repeat)node).Body),
        };
    }

    /// <summary>Whether the empty text is one of a part's.</summary>
    public bool IsNullable(GbnfNode node)
    {
        Guard.Stack();
        return node switch
        {
            GbnfNode.Character or GbnfNode.Token => false,
            GbnfNode.Literal literal => literal.Text.Length == 0,
            GbnfNode.Reference reference => _nullable.Contains(reference.Name),
            GbnfNode.Sequence sequence => sequence.Parts.All(IsNullable),
            GbnfNode.Choice choice => choice.Members.Any(IsNullable),
            _ => ((GbnfNode.Repeat)node).Minimum == 0 || IsNullable(((GbnfNode.Repeat)node).Body),
        };
    }

    /// <summary>Goes through the rules, forwards and backwards in turn, until nothing changes.</summary>
    private void Grow(Func<string, bool> change)
    {
        string[] names = [.. _rules.Keys];
        for (bool changed = true; changed; Array.Reverse(names))
        {
            changed = false;
            foreach (string name in names)
                changed |= change(name);
        }
    }

    private static HashSet<string> Named(GbnfNode node)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        Stack<GbnfNode> left = new([node]);
        while (left.TryPop(out GbnfNode? next))
        {
            switch (next)
            {
                case GbnfNode.Reference reference:
                    names.Add(reference.Name);
                    break;
                case GbnfNode.Sequence sequence:
                    Push(sequence.Parts);
                    break;
                case GbnfNode.Choice choice:
                    Push(choice.Members);
                    break;
                case GbnfNode.Repeat repeat:
                    left.Push(repeat.Body);
                    break;
            }
        }

        return names;

        void Push(IEnumerable<GbnfNode> nodes)
        {
            foreach (GbnfNode part in nodes)
                left.Push(part);
        }
    }

    private void RefuseLeftRecursion()
    {
        Dictionary<string, HashSet<string>> first = new(StringComparer.Ordinal);
        foreach (string name in _recursive)
        {
            HashSet<string> names = new(StringComparer.Ordinal);
            AddFirst(_rules[name], names);
            names.IntersectWith(_recursive);
            first.Add(name, names);
        }

        // Taking away, as long as there are any, rules that begin with no remaining rule leaves the cycles.
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (string name in first.Keys.ToArray())
            {
                first[name].RemoveWhere(other => !first.ContainsKey(other));
                if (first[name].Count == 0)
                    changed |= first.Remove(name);
            }
        }

        if (first.Count == 0)
            return;
        // From any rule that is left, rules that are left follow without end: the one met twice begins with itself.
        string at = first.Keys.First();
        HashSet<string> met = new(StringComparer.Ordinal);
        while (met.Add(at))
            at = first[at].First();
        throw new GrammarException($"rule '{at}'", "it begins with itself (left recursion)");
    }

    /// <summary>The rules that a part may begin with.</summary>
    private void AddFirst(GbnfNode node, HashSet<string> names)
    {
        Guard.Stack();
        switch (node)
        {
            case GbnfNode.Reference reference:
                names.Add(reference.Name);
                break;
            case GbnfNode.Sequence sequence:
                foreach (GbnfNode part in sequence.Parts)
                {
                    AddFirst(part, names);
                    if (!IsNullable(part))
                        break;
                }

                break;
            case GbnfNode.Choice choice:
                foreach (GbnfNode member in choice.Members)
                    AddFirst(member, names);
                break;
            case GbnfNode.Repeat repeat:
                AddFirst(repeat.Body, names);
                break;
        }
    }
}
