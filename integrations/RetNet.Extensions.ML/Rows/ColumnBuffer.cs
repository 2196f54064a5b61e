using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Rows;

/// <summary>Keeps the values of a column of the input for the rows that were read ahead.</summary>
internal abstract class ColumnBuffer
{
    // A trainer may open a cursor thousands of times.
    private static readonly ConcurrentDictionary<Type, ConstructorInfo> Constructors = new();

    /// <summary>Creates a buffer for a column of any type.</summary>
    /// <param name="row">The row to read from.</param>
    /// <param name="column">The column, active in the row.</param>
    /// <param name="length">The number of rows.</param>
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int length)
    {
        ConstructorInfo constructor = Constructors.GetOrAdd(column.Type.RawType, ConstructorFor);
        return (ColumnBuffer)constructor.Invoke(BindingFlags.DoNotWrapExceptions, binder: null, [row, column, length], culture: null);
    }

    private static ConstructorInfo ConstructorFor(Type raw)
    {
        Type buffer = raw.IsGenericType && raw.GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? typeof(VectorBuffer<>).MakeGenericType(raw.GetGenericArguments())
            : typeof(ScalarBuffer<>).MakeGenericType(raw);
        return buffer.GetConstructors().Single();
    }

    /// <summary>Stores the current value of the row.</summary>
    /// <param name="slot">The slot for it.</param>
    public abstract void Read(int slot);

    /// <summary>A <c>ValueGetter</c> of the column's type.</summary>
    /// <param name="slot">Returns the slot of the requested value.</param>
    public abstract Delegate CreateGetter(Func<int> slot);

    private sealed class ScalarBuffer<T>(DataViewRow row, DataViewSchema.Column column, int length) : ColumnBuffer
    {
        private readonly ValueGetter<T> _getter = row.GetGetter<T>(column);
        private readonly T[] _values = new T[length];

        public override void Read(int slot)
        {
            // A getter may write into the object that it finds, but that object has been handed out already.
            _values[slot] = default!;
            _getter(ref _values[slot]);
        }

        public override Delegate CreateGetter(Func<int> slot) => (ValueGetter<T>)((ref T value) => value = _values[slot()]);
    }

    /// <summary>Copies a vector for the caller, because the caller may write into its copy.</summary>
    private sealed class VectorBuffer<T>(DataViewRow row, DataViewSchema.Column column, int length) : ColumnBuffer
    {
        private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
        private readonly VBuffer<T>[] _values = new VBuffer<T>[length];

        public override void Read(int slot) => _getter(ref _values[slot]);

        public override Delegate CreateGetter(Func<int> slot) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[slot()].CopyTo(ref value));
    }
}
