using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Texts;

/// <summary>Turns a JSON schema into a grammar.</summary>
internal static class JsonSchemaGrammar
{
    /// <summary>The texts that satisfy a schema.</summary>
    /// <exception cref="GrammarException">The schema is malformed, has what is not supported, is too complex, or nothing satisfies
    /// it.</exception>
    public static Symbol Compile(JsonElement schema, JsonSchemaOptions options)
    {
        JsonSyntax syntax = new(new ExpressionPool(), options.Whitespace);
        // A copy, as shapes are unfolded when the document may be disposed of.
        SchemaNode root = new(schema.Clone());
        lock (syntax.Pool)
        {
            ShapeSpace space = new(root, syntax);
            SchemaRules rules = new(space, options);
            Explore(space);
            if (!rules.HasValue(space.Root))
                throw root.Refuse("no value satisfies the schema");
            Symbol value = rules.ValueOf(space.Root);
            if (options.Whitespace != JsonWhitespace.Any)
                return value;
            Terminal around = syntax.Terminal(syntax.Space);
            return new Rule("text", syntax.Pool, [[around, value, around]]);
        }
    }

    /// <summary>Unfolds all shapes that texts can come to, so that what is not supported is found now.</summary>
    private static void Explore(ShapeSpace space)
    {
        HashSet<Shape> seen = [space.Root];
        Queue<Shape> left = new(seen);
        while (left.TryDequeue(out Shape? shape))
        {
            if (shape.IsAny)
                continue;
            _ = (shape.Literals, space.Strings.HasMember(shape.Strings), space.Numbers.HasMember(shape.Numbers));
            foreach (Shape part in shape.Arrays.SelectMany(PartsOf).Concat(shape.Objects.SelectMany(PartsOf)))
            {
                if (seen.Add(part))
                    left.Enqueue(part);
            }
        }
    }

    private static IEnumerable<Shape> PartsOf(ArrayPlan plan)
    {
        foreach (Shape item in plan.ItemShapes)
        {
            if (plan.IsUnique)
                _ = plan.ValuesOf(item);
            yield return item;
        }

        foreach ((Shape item, _) in plan.Steps(plan.Start))
            yield return item;
    }

    private static IEnumerable<Shape> PartsOf(ObjectPlan plan)
    {
        foreach ((Shape value, int met) in plan.Names.Select(name => (name.Value, name.Met))
            .Concat(plan.Others.Select(others => (others.Value, others.Met))))
        {
            foreach (int obligations in ObjectPlan.SubsetsOf(met))
                yield return plan.Meeting(value, obligations);
        }
    }
}
