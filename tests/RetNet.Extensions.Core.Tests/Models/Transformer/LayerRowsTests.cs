using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer.Attention;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

public sealed unsafe class LayerRowsTests
{
    private const int Heads = 2;
    private const int Width = 3;

    [Property(MaxTest = 150)]
    public void Rows_equal_a_plain_list_after_any_appends_and_cuts(byte[] steps, byte kind)
    {
        StateFormat[] formats = Enum.GetValues<StateFormat>();
        StateFormat format = formats[kind % formats.Length];
        using LayerRows rows = new(Heads, Width, format);
        List<long> model = [];
        long next = 0;
        foreach (byte step in steps)
        {
            for (int i = 0; i < step % 9; i++)
                Append(rows, model, next++);
            bool[] keep = [.. model.Select(position => ((position * 7) + step) % 5 > step % 3)];
            rows.Retain(keep, new int[model.Count + 1]);
            model = [.. model.Where((_, i) => keep[i])];
            if (step % 11 == 0)
                rows.Resize(rows.Count + (step % 4));
            AssertEqual(model, rows, format);
        }

        using LayerRows copy = new(Heads, Width, format);
        rows.CopyTo(copy);
        AssertEqual(model, copy, format);
        Assert.Equal(rows.ByteSize, copy.ByteSize);
    }

    [Fact]
    public void Cutting_everything_or_nothing_is_fine()
    {
        using LayerRows rows = new(Heads, Width, StateFormat.Float32);
        List<long> model = [];
        rows.Retain([], []);
        for (int i = 0; i < 5; i++)
            Append(rows, model, i);
        rows.Retain([true, true, true, true, true], new int[5]);
        AssertEqual(model, rows);
        rows.Retain(new bool[5], new int[5]);
        AssertEqual([], rows);
    }

    private static void Append(LayerRows rows, List<long> model, long position)
    {
        if (rows.Count == rows.Capacity)
            rows.Resize((rows.Capacity * 2) + 1);
        float[] key = new float[Heads * Width], value = new float[Heads * Width];
        for (int i = 0; i < key.Length; i++)
            (key[i], value[i]) = ((position * 100) + i, -(position * 100) - i);
        fixed (float* k = key, v = value)
            rows.Append(position, k, v);
        rows.Accumulated[rows.Count - 1] = position / 2f;
        model.Add(position);
    }

    private static void AssertEqual(List<long> model, LayerRows rows, StateFormat format = StateFormat.Float32)
    {
        float[] key = new float[Width], value = new float[Width];
        Assert.Equal(model.Count, rows.Count);
        Assert.Equal(model.Count, rows.Order.Length);
        for (int i = 0; i < model.Count; i++)
        {
            int slot = rows.Order[i];
            Assert.Equal((model[i], model[i] / 2f), (rows.Positions[slot], rows.Accumulated[slot]));
            byte[] copy = new byte[rows.SlotBytes];
            rows.ReadRow(slot, copy);
            int bytes = format.RowBytes(Width);
            for (int head = 0; head < Heads; head++)
            {
                format.Read(copy.AsSpan(2 * head * bytes, bytes), key);
                format.Read(copy.AsSpan(((2 * head) + 1) * bytes, bytes), value);
                for (int c = 0; c < Width; c++)
                {
                    // bfloat16 has 8 bits of mantissa; an integer is half a step off at most, of 127 up to the largest of its row.
                    float expected = (model[i] * 100) + (head * Width) + c;
                    float tolerance = format switch
                    {
                        StateFormat.Int8 => ((model[i] * 100) + (head * Width) + Width - 1) / 253f,
                        StateFormat.BFloat16 => expected / 256,
                        _ => 0,
                    };
                    Assert.InRange(key[c], expected - tolerance, expected + tolerance);
                    Assert.Equal(-key[c], value[c]);
                }
            }
        }
    }
}
