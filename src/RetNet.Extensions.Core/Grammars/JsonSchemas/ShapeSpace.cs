using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>The shapes of one schema document, each made once.</summary>
internal sealed class ShapeSpace
{
    private const int MostShapes = 8_000;
    private const int MostSteps = 100_000;
    private const int DeepestGuess = 3;

    // Schemas that are looked at for the parts of shapes, for one rule or while a schema is read: some 0.25 s.
    private const int MostWork = 250_000;

    private readonly SchemaReader _reader;
    private readonly Dictionary<string, Shape> _shapes = [];
    private int _steps;
    private int _work;
    private int _guesses;

    public ShapeSpace(SchemaNode root, JsonSyntax syntax)
    {
        _reader = new SchemaReader(root);
        Syntax = syntax;
        Strings = new StringAlgebra(syntax);
        Numbers = new NumberAlgebra(syntax);
        Arrays = new ArrayAlgebra(this);
        Objects = new ObjectAlgebra(this);
        Nothing = new SignedSchema(_reader.Nothing(root), true);
        Root = Of([new SignedSchema(_reader.Root, true)]);
    }

    public JsonSyntax Syntax { get; }

    public LiteralAlgebra Literals { get; } = new();

    public StringAlgebra Strings { get; }

    public NumberAlgebra Numbers { get; }

    public ArrayAlgebra Arrays { get; }

    public ObjectAlgebra Objects { get; }

    /// <summary>The schema without a value.</summary>
    public SignedSchema Nothing { get; }

    /// <summary>The schema of every value.</summary>
    public SignedSchema Everything => Nothing.Negated;

    /// <summary>The shape of the whole text.</summary>
    public Shape Root { get; }

    public SignedSchema Constant(SchemaNode value) => new(_reader.Constant(value), true);

    /// <summary>The shape of the values that satisfy all of some schemas.</summary>
    /// <exception cref="GrammarException">Too many were asked for since <see cref="BeginWork"/>.</exception>
    public Shape Of(IEnumerable<SignedSchema> schemas)
    {
        Work(1);
        SortedSet<int> ids = [];
        Dictionary<int, SignedSchema> parts = [];
        foreach (SignedSchema schema in schemas.Select(schema => schema.Simplified))
        {
            Work(1);
            if (schema.IsTrue)
                continue;
            if (schema.IsFalse || ids.Contains(Code(schema.Negated)))
                return Intern([Nothing]);
            ids.Add(Code(schema));
            parts[Code(schema)] = schema;
        }

        return Intern([.. ids.Select(id => parts[id])]);

        Shape Intern(IReadOnlyList<SignedSchema> known)
        {
            string key = string.Join(',', known.Select(Code));
            if (!_shapes.TryGetValue(key, out Shape? shape))
            {
                if (_shapes.Count >= MostShapes)
                    throw new GrammarException("", "the schema is too complex: it has too many combinations of its parts");
                _shapes.Add(key, shape = new Shape(this, known));
            }

            return shape;
        }

        static int Code(SignedSchema schema) => schema.Schema.Id * 2 + (schema.Holds ? 1 : 0);
    }

    /// <summary>Begins a rule or another step whose work is limited.</summary>
    public void BeginWork() => _work = 0;

    /// <summary>Counts what is looked at.</summary>
    /// <exception cref="GrammarException">It is too much since <see cref="BeginWork"/>.</exception>
    public void Work(int count)
    {
        _work += count;
        if (_work > MostWork)
            throw new GrammarException("", "the schema is too complex: its names, items and alternatives combine in too many ways");
    }

    /// <summary>Whether there is room for one more step of an analysis.</summary>
    public bool TrySpend() => ++_steps <= MostSteps;

    /// <summary>Whether an object surely cannot have a name that it must have.</summary>
    public bool LacksRequired(ObjectShape shape)
    {
        ILookup<string, SignedSchema> values = shape.RequiredValues();
        return shape.Required.Select(required => required.Name).Distinct()
            .Any(name => IsSurelyEmpty(Of(values[name].Concat(ObjectPlan.ValuesOf(this, shape, name)))));
    }

    /// <summary>Whether an array surely cannot have an item that it must have.</summary>
    public bool LacksItem(ArrayShape shape)
    {
        for (int i = 0; i < Math.Min(shape.Minimum, shape.Settled + 1); i++)
        {
            if (IsSurelyEmpty(Of(shape.At(i))))
                return true;
        }

        return false;
    }

    /// <summary>Whether a shape has no value, as far as that is seen without going deep.</summary>
    private bool IsSurelyEmpty(Shape shape)
    {
        if (shape.HasValue is { } hasValue)
            return !hasValue;
        if (shape.IsAny || shape.IsOpen || _guesses >= DeepestGuess)
            return false;
        _guesses++;
        try
        {
            return !shape.HasScalar && shape.Arrays.Count == 0 && shape.Objects.Count == 0;
        }
        finally
        {
            _guesses--;
        }
    }
}
