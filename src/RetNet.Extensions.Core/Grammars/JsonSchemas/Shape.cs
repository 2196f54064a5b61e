namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// The values that satisfy some schemas and do not satisfy some others: what the parts of a JSON text are while it is written. Its
/// schemas are unfolded, type by type, when a text or an analysis comes to it; a recursive schema has finitely many shapes.
/// </summary>
internal sealed class Shape(ShapeSpace space, IReadOnlyList<SignedSchema> parts)
{
    private Literals? _literals;
    private StringSet? _strings;
    private NumberSet? _numbers;
    private IReadOnlyList<ArrayPlan>? _arrays;
    private IReadOnlyList<ObjectPlan>? _objects;

    /// <summary>The schemas, all of which hold; none for any value.</summary>
    public IReadOnlyList<SignedSchema> Parts => parts;

    public bool IsAny => parts.Count == 0;

    /// <summary>Whether the shape is being unfolded.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether the shape has a value, once that is known.</summary>
    public bool? HasValue { get; set; }

    public Literals Literals => _literals ??= Evaluate(space.Literals);

    public StringSet Strings => _strings ??= Evaluate(space.Strings);

    public NumberSet Numbers => _numbers ??= Evaluate(space.Numbers);

    /// <summary>The kinds of arrays that the shape has.</summary>
    public IReadOnlyList<ArrayPlan> Arrays => _arrays ??= [.. Evaluate(space.Arrays).Select(shape => new ArrayPlan(space, shape))];

    /// <summary>The kinds of objects that the shape has.</summary>
    public IReadOnlyList<ObjectPlan> Objects => _objects ??= [.. Evaluate(space.Objects).Select(shape => new ObjectPlan(space, shape))];

    /// <summary>Whether a value of another type than array and object is surely there.</summary>
    public bool HasScalar => Literals != Literals.None || space.Strings.HasMember(Strings) || space.Numbers.HasMember(Numbers);

    private T Evaluate<T>(Algebra<T> algebra)
    {
        bool wasOpen = IsOpen;
        IsOpen = true;
        try
        {
            return algebra.Evaluate(parts);
        }
        finally
        {
            IsOpen = wasOpen;
        }
    }
}
