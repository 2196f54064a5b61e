using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>The multi-state of one layer: a key and a value row per kept token.</summary>
/// <remarks>
/// Rows lie in slots 0 … Count − 1, each head's rows one after the other, in no particular order: when rows are dropped, the rows of
/// the last slots move into the holes, so that dropping one row copies one row. <see cref="Order"/> lists the slots by position.
/// </remarks>
/// <param name="heads">Key-value heads.</param>
/// <param name="width">The width of a head.</param>
/// <param name="format">How keys and values are kept.</param>
internal sealed unsafe class LayerRows(int heads, int width, StateFormat format) : IDisposable
{
    private readonly NativeBuffer<byte> _keys = new(0);
    private readonly NativeBuffer<byte> _values = new(0);
    private readonly NativeBuffer<ushort> _keyScales = new(0);
    private readonly NativeBuffer<ushort> _valueScales = new(0);
    private readonly NativeBuffer<long> _positions = new(0);
    private readonly NativeBuffer<float> _accumulated = new(0);
    private readonly NativeBuffer<int> _order = new(0);

    /// <summary>The number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>The number of rows that memory is held for; the distance of the heads in rows.</summary>
    public int Capacity { get; private set; }

    private bool HasScales => format == StateFormat.Int8;

    /// <summary>Bytes of one head's key or value without its scale.</summary>
    private int RowBytes => width * format.ValueBytes();

    // Of a key or value that is copied, with the scale before the values.
    private int CopyBytes => format.RowBytes(width);

    /// <summary>Keys after rotation, <c>[heads × capacity × width]</c>.</summary>
    public byte* Keys => _keys.Pointer;

    /// <summary>Values, <c>[heads × capacity × width]</c>.</summary>
    public byte* Values => _values.Pointer;

    /// <summary>What the keys of a row are multiplied by, bfloat16, <c>[heads × capacity]</c>; null where the format has no
    /// scales.</summary>
    public ushort* KeyScales => HasScales ? _keyScales.Pointer : null;

    /// <summary>What the values of a row are multiplied by, bfloat16, <c>[heads × capacity]</c>; null where the format has no
    /// scales.</summary>
    public ushort* ValueScales => HasScales ? _valueScales.Pointer : null;

    /// <summary>The absolute position of each slot's token.</summary>
    public long* Positions => _positions.Pointer;

    /// <summary>The attention that each slot's row has got so far, summed over queries, averaged over heads.</summary>
    public float* Accumulated => _accumulated.Pointer;

    /// <summary>The slots in ascending order of position.</summary>
    public ReadOnlySpan<int> Order => new(_order.Pointer, Count);

    public long ByteSize => _keys.ByteSize + _values.ByteSize + _keyScales.ByteSize + _valueScales.ByteSize + _positions.ByteSize
        + _accumulated.ByteSize + _order.ByteSize;

    /// <summary>Bytes of memory for a number of rows.</summary>
    public static long Bytes(int heads, int width, StateFormat format, long capacity) =>
        capacity * ((2L * heads * format.RowBytes(width)) + sizeof(long) + sizeof(float) + sizeof(int));

    /// <summary>Holds memory for exactly <paramref name="capacity"/> rows. If memory runs out, nothing changes.</summary>
    public void Resize(int capacity)
    {
        try
        {
            _keys.PrepareParts(heads, (long)capacity * RowBytes);
            _values.PrepareParts(heads, (long)capacity * RowBytes);
            _keyScales.PrepareParts(heads, HasScales ? capacity : 0);
            _valueScales.PrepareParts(heads, HasScales ? capacity : 0);
            _positions.PrepareParts(1, capacity);
            _accumulated.PrepareParts(1, capacity);
            _order.PrepareParts(1, capacity);
        }
        catch (OutOfMemoryException)
        {
            _keys.Abandon();
            _values.Abandon();
            _keyScales.Abandon();
            _valueScales.Abandon();
            _positions.Abandon();
            _accumulated.Abandon();
            throw;
        }

        _keys.Commit();
        _values.Commit();
        _keyScales.Commit();
        _valueScales.Commit();
        _positions.Commit();
        _accumulated.Commit();
        _order.Commit();
        Capacity = capacity;
    }

    /// <summary>Appends a row; there must be room. Its position is the highest so far, or <see cref="SortOrder"/> follows.</summary>
    /// <param name="position">The token's absolute position.</param>
    /// <param name="key">The key after rotation, <c>[heads × width]</c>.</param>
    /// <param name="value">The value, <c>[heads × width]</c>.</param>
    public void Append(long position, float* key, float* value)
    {
        int slot = Count++;
        for (int head = 0; head < heads; head++)
        {
            Write(new ReadOnlySpan<float>(key + (head * width), width), Row(Keys, head, slot), KeyScales, head, slot);
            Write(new ReadOnlySpan<float>(value + (head * width), width), Row(Values, head, slot), ValueScales, head, slot);
        }

        Positions[slot] = position;
        Accumulated[slot] = 0;
        _order.Pointer[slot] = slot;
    }

    /// <summary>Appends a row that was kept before; <see cref="SortOrder"/> follows.</summary>
    /// <param name="position">The token's absolute position.</param>
    /// <param name="row">Each head's key and value as they are kept, <c>[heads × 2 × width]</c>, each with its scale before it if it has
    /// one.</param>
    public void Append(long position, ReadOnlySpan<byte> row)
    {
        int slot = Count++;
        WriteRow(slot, row);
        Positions[slot] = position;
        Accumulated[slot] = 0;
        _order.Pointer[slot] = slot;
    }

    /// <summary>Copies a row as it is kept.</summary>
    /// <param name="slot">Its slot.</param>
    /// <param name="row">Receives each head's key and value, <c>[heads × 2 × width]</c>, each with its scale before it if it has
    /// one.</param>
    public void ReadRow(int slot, Span<byte> row)
    {
        for (int head = 0; head < heads; head++)
        {
            Read(Row(Keys, head, slot), KeyScales, head, slot, row.Slice(2 * head * CopyBytes, CopyBytes));
            Read(Row(Values, head, slot), ValueScales, head, slot, row.Slice(((2 * head) + 1) * CopyBytes, CopyBytes));
        }
    }

    /// <summary>Sets the keys and values of a slot to what <see cref="ReadRow"/> copied.</summary>
    public void WriteRow(int slot, ReadOnlySpan<byte> row)
    {
        for (int head = 0; head < heads; head++)
        {
            Restore(row.Slice(2 * head * CopyBytes, CopyBytes), Row(Keys, head, slot), KeyScales, head, slot);
            Restore(row.Slice(((2 * head) + 1) * CopyBytes, CopyBytes), Row(Values, head, slot), ValueScales, head, slot);
        }
    }

    /// <summary>Bytes of <see cref="ReadFacts"/>.</summary>
    public int FactsBytes => Count * (sizeof(long) + sizeof(float) + sizeof(int));

    /// <summary>Bytes of a slot's keys and values.</summary>
    public int SlotBytes => 2 * heads * CopyBytes;

    /// <summary>Copies all but keys and values.</summary>
    /// <param name="facts">Receives <see cref="FactsBytes"/> bytes.</param>
    public void ReadFacts(Span<byte> facts)
    {
        new ReadOnlySpan<byte>(Positions, Count * sizeof(long)).CopyTo(facts);
        new ReadOnlySpan<byte>(Accumulated, Count * sizeof(float)).CopyTo(facts[(Count * sizeof(long))..]);
        new ReadOnlySpan<byte>(_order.Pointer, Count * sizeof(int)).CopyTo(facts[(Count * (sizeof(long) + sizeof(float)))..]);
    }

    /// <summary>Sets all but keys and values to what was copied when there were <paramref name="count"/> rows.</summary>
    public void WriteFacts(int count, byte* facts)
    {
        Count = count;
        new ReadOnlySpan<byte>(facts, count * sizeof(long)).CopyTo(new Span<byte>(Positions, count * sizeof(long)));
        facts += count * sizeof(long);
        new ReadOnlySpan<byte>(facts, count * sizeof(float)).CopyTo(new Span<byte>(Accumulated, count * sizeof(float)));
        facts += count * sizeof(float);
        new ReadOnlySpan<byte>(facts, count * sizeof(int)).CopyTo(new Span<byte>(_order.Pointer, count * sizeof(int)));
    }

    /// <summary>Drops the newest rows, which are those of the last slots as long as none was dropped.</summary>
    public void DropNewest(int rows) => Count -= rows;

    /// <summary>Moves the keys and values of a row back to the slot that it left, and sets those of the slot where it was.</summary>
    public void MoveBack(int from, int to, ReadOnlySpan<byte> row)
    {
        MoveRows(to, from);
        WriteRow(to, row);
    }

    /// <summary>Sorts the slots by position again.</summary>
    public void SortOrder() => new Span<int>(_order.Pointer, Count).Sort((a, b) => Positions[a].CompareTo(Positions[b]));

    /// <summary>Drops rows.</summary>
    /// <param name="keep">One flag per row in <see cref="Order"/>.</param>
    /// <param name="newSlots">Scratch for one number per slot.</param>
    /// <param name="undo">Receives what is needed to undo it, while a draft is read; null otherwise.</param>
    public void Retain(ReadOnlySpan<bool> keep, Span<int> newSlots, DraftUndo? undo = null)
    {
        int kept = SlotCompaction.Plan(new Span<int>(_order.Pointer, Count), keep, newSlots);
        for (int slot = kept; slot < Count; slot++)
        {
            if (newSlots[slot] < 0)
                continue;
            undo?.BeginMove(this, slot, newSlots[slot]);
            Move(slot, newSlots[slot]);
        }

        Count = kept;
    }

    public void CopyTo(LayerRows target)
    {
        if (target.Capacity != Capacity)
            target.Resize(Capacity);
        Copy(_keys, target._keys);
        Copy(_values, target._values);
        Copy(_keyScales, target._keyScales);
        Copy(_valueScales, target._valueScales);
        Copy(_positions, target._positions);
        Copy(_accumulated, target._accumulated);
        Copy(_order, target._order);
        target.Count = Count;

        static void Copy<T>(NativeBuffer<T> from, NativeBuffer<T> to)
            where T : unmanaged => Buffer.MemoryCopy(from.Pointer, to.Pointer, to.ByteSize, from.ByteSize);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
        _keyScales.Dispose();
        _valueScales.Dispose();
        _positions.Dispose();
        _accumulated.Dispose();
        _order.Dispose();
    }

    /// <summary>One head's key or value of a slot, as it is kept.</summary>
    public Span<byte> Row(byte* rows, int head, int slot) => new(rows + ((((long)head * Capacity) + slot) * RowBytes), RowBytes);

    private void Write(ReadOnlySpan<float> values, Span<byte> row, ushort* scales, int head, int slot)
    {
        if (HasScales)
            *Scale(scales, head, slot) = Int8Row.Round(values, MemoryMarshal.Cast<byte, sbyte>(row));
        else
            format.Write(values, row);
    }

    private void Read(ReadOnlySpan<byte> row, ushort* scales, int head, int slot, Span<byte> copy)
    {
        if (HasScales)
            MemoryMarshal.Write(copy, *Scale(scales, head, slot));
        row.CopyTo(copy[format.ScaleBytes()..]);
    }

    private void Restore(ReadOnlySpan<byte> copy, Span<byte> row, ushort* scales, int head, int slot)
    {
        if (HasScales)
            *Scale(scales, head, slot) = MemoryMarshal.Read<ushort>(copy);
        copy[format.ScaleBytes()..].CopyTo(row);
    }

    private ushort* Scale(ushort* scales, int head, int slot) => scales + ((long)head * Capacity) + slot;

    private void MoveRows(int from, int to)
    {
        for (int head = 0; head < heads; head++)
        {
            Row(Keys, head, from).CopyTo(Row(Keys, head, to));
            Row(Values, head, from).CopyTo(Row(Values, head, to));
            if (!HasScales)
                continue;
            *Scale(KeyScales, head, to) = *Scale(KeyScales, head, from);
            *Scale(ValueScales, head, to) = *Scale(ValueScales, head, from);
        }
    }

    private void Move(int from, int to)
    {
        MoveRows(from, to);
        Positions[to] = Positions[from];
        Accumulated[to] = Accumulated[from];
    }
}
