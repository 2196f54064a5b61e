namespace Microsoft.ML.Data;

[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class LoadColumnAttribute : Attribute
{
    public LoadColumnAttribute(int fieldIndex)
        : this(fieldIndex, fieldIndex)
    {
    }

    public LoadColumnAttribute(int start, int end)
    {
        Start = start;
        End = end;
    }

    internal int Start { get; }

    internal int End { get; }
}
