using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

/// <summary>Copies a column's value so that neither side sees later changes of the other.</summary>
internal static class ValueCopier<T>
{
    public delegate void CopyValue(ref T source, ref T destination);

    public static readonly CopyValue Copy = Create();

    private static CopyValue Create()
    {
        if (!typeof(T).IsGenericType || typeof(T).GetGenericTypeDefinition() != typeof(VBuffer<>))
            return (ref source, ref destination) => destination = source;
        return (CopyValue)typeof(VBuffer<>).MakeGenericType(typeof(T).GetGenericArguments()[0])
            .GetMethod(nameof(VBuffer<int>.CopyTo), [typeof(T).MakeByRefType()])
            .CreateDelegate(typeof(CopyValue));
    }
}
