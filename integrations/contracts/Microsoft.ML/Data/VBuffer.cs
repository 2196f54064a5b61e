using System.Collections;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public readonly struct VBuffer<T> : IEnumerable
{
    public readonly int Length;

    private readonly T[] _values;
    private readonly int[] _indices;
    private readonly int _count;

    public VBuffer(int length, T[] values, int[] indices = null)
        : this(length, length, values, indices)
    {
    }

    public VBuffer(int length, int count, T[] values, int[] indices)
    {
        Contracts.CheckParam(length >= 0, nameof(length));
        Contracts.CheckParam(count >= 0 && count <= length, nameof(count));
        Contracts.CheckParam((values?.Length ?? 0) >= count, nameof(values));
        Contracts.CheckParam(count == length || (indices?.Length ?? 0) >= count, nameof(indices));
        Length = length;
        _count = count;
        _values = values;
        _indices = indices;
    }

    public bool IsDense => _count == Length;

    public static void Copy(T[] source, int sourceIndex, ref VBuffer<T> destination, int length)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref destination, length);
        source.AsSpan(sourceIndex, length).CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public ReadOnlySpan<T> GetValues() => _values.AsSpan(0, _count);

    public ReadOnlySpan<int> GetIndices() => IsDense ? default : _indices.AsSpan(0, _count);

    public void CopyToDense(ref VBuffer<T> destination)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref destination, Length);
        CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref destination, Length, _count);
        GetValues().CopyTo(editor.Values);
        GetIndices().CopyTo(editor.Indices);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination, int sourceIndex, int length)
    {
        Contracts.CheckParam(sourceIndex >= 0 && sourceIndex <= Length, nameof(sourceIndex));
        Contracts.CheckParam(length >= 0 && sourceIndex <= Length - length, nameof(length));
        KeyValuePair<int, T>[] items = [.. Items().Where(item => item.Key >= sourceIndex && item.Key < sourceIndex + length)];
        VBufferEditor<T> editor = VBufferEditor.Create(ref destination, length, items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            editor.Values[i] = items[i].Value;
            if (items.Length < length)
                editor.Indices[i] = items[i].Key - sourceIndex;
        }

        destination = editor.Commit();
    }

    public void CopyTo(Span<T> destination) => CopyTo(destination, 0);

    public void CopyTo(Span<T> destination, int destinationIndex, T defaultValue = default)
    {
        Contracts.CheckParam(
            destinationIndex >= 0 && destinationIndex <= destination.Length - Length, nameof(destination), "Not large enough to hold these values.");
        destination = destination.Slice(destinationIndex, Length);
        if (IsDense)
        {
            GetValues().CopyTo(destination);
            return;
        }

        destination.Fill(defaultValue);
        for (int i = 0; i < _count; i++)
            destination[_indices[i]] = _values[i];
    }

    public IEnumerable<KeyValuePair<int, T>> Items(bool all = false)
    {
        if (IsDense || !all)
        {
            for (int i = 0; i < _count; i++)
                yield return new KeyValuePair<int, T>(IsDense ? i : _indices[i], _values[i]);
            yield break;
        }

        int next = 0;
        for (int slot = 0; slot < Length; slot++)
            yield return new KeyValuePair<int, T>(slot, next < _count && _indices[next] == slot ? _values[next++] : default);
    }

    public IEnumerable<T> DenseValues() => Items(all: true).Select(item => item.Value);

    public void GetItemOrDefault(int index, ref T destination) => destination = GetItemOrDefault(index);

    public T GetItemOrDefault(int index)
    {
        Contracts.CheckParam(index >= 0 && index < Length, nameof(index));
        int position = IsDense ? index : Array.BinarySearch(_indices ?? [], 0, _count, index);
        return position < 0 ? default : _values[position];
    }

    public IEnumerator GetEnumerator() => _values.GetEnumerator();

    public override string ToString()
        => IsDense ? $"Dense vector of size {Length}" : $"Sparse vector of size {Length}, {_count} explicit values";

    internal VBufferEditor<T> Edit(int length, int count, bool keepOld, bool requireIndicesOnDense)
    {
        Contracts.CheckParam(length >= 0, "newLogicalLength", "Must be non-negative.");
        Contracts.CheckParam(count >= 0 && count <= length, "valuesCount", "If specified, must be no greater than newLogicalLength");
        T[] values = Grow(_values, count, keepOld);
        int[] indices = count == length && !requireIndicesOnDense ? _indices : Grow(_indices, count, keepOld);
        return new VBufferEditor<T>(length, count, values, indices, requireIndicesOnDense, values != _values, indices != _indices);
    }

    internal int Count => _count;

    private static TItem[] Grow<TItem>(TItem[] array, int size, bool keepOld)
    {
        if (size == 0 || array?.Length >= size)
            return array;
        TItem[] grown = new TItem[size];
        if (keepOld)
            array?.CopyTo(grown, 0);
        return grown;
    }
}
