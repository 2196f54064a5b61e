using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>A schema somewhere in a document, read when its condition is first asked for.</summary>
internal sealed class Schema(int id, SchemaNode place, Func<SchemaNode, Condition> read)
{
    private Condition? _condition;

    /// <summary>A number of its own among the schemas of a document.</summary>
    public int Id => id;

    public SchemaNode Place => place;

    public Condition Condition => _condition ??= read(place);
}

/// <summary>A schema that a value must satisfy, or must not.</summary>
internal readonly record struct SignedSchema(Schema Schema, bool Holds)
{
    public SignedSchema Negated => this with { Holds = !Holds };

    /// <summary>The condition, with the sign of a schema that only names or negates another taken to that one.</summary>
    public SignedSchema Simplified
    {
        get
        {
            SignedSchema at = this;
            // A reference that leads round in a circle is left to whoever reads it, to be refused.
            for (int steps = 0; steps < 100; steps++)
            {
                switch (at.Schema.Condition)
                {
                    case Condition.Same same:
                        at = at with { Schema = same.Schema };
                        break;
                    case Condition.Not { Body: Condition.Same same }:
                        at = new SignedSchema(same.Schema, !at.Holds);
                        break;
                    default:
                        return at;
                }
            }

            return at;
        }
    }

    public bool IsTrue => Holds ? Schema.Condition.IsTrue : IsFalseCondition;

    public bool IsFalse => Holds ? IsFalseCondition : Schema.Condition.IsTrue;

    private bool IsFalseCondition => Schema.Condition is Condition.AnyOf { Members.Count: 0 } or Condition.Not { Body.IsTrue: true };
}
