using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class CursorTests : IDisposable
{
    private const int Rows = 30;

    private readonly MLContext _context = new(seed: 1);
    private readonly RetNetEmbeddingTransformer _transformer;

    public CursorTests() =>
        _transformer = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path, batchSize: 8).Fit(_context.Load());

    public void Dispose() => _transformer.Dispose();

    [Fact]
    public void Nothing_is_read_before_a_cursor_moves()
    {
        CountedView source = new(_context.Load(Models.Rows(Rows)));

        IDataView data = _transformer.Transform(source);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);

        Assert.Equal(0, source.Rows);
        Assert.True(cursor.MoveNext());
        Assert.InRange(source.Rows, 1, 8);
    }

    [Fact]
    public void Columns_that_nobody_asks_for_are_not_read()
    {
        CountedView source = new(_context.Load(Models.Rows(Rows)));
        IDataView data = _transformer.Transform(source);

        using (DataViewRowCursor number = data.GetRowCursor([data.Schema["Number"]]))
        {
            Assert.Equal(["Number"], source.Columns);
            Assert.True(number.MoveNext());
            Assert.Equal(1, source.Rows);
            Assert.False(number.IsColumnActive(data.Schema["Features"]));
            Assert.ThrowsAny<Exception>(() => number.GetGetter<VBuffer<float>>(data.Schema["Features"]));
        }

        source.Columns.Clear();
        using DataViewRowCursor features = data.GetRowCursor([data.Schema["Features"]]);
        Assert.Equal(["Text"], source.Columns);
        Assert.False(features.IsColumnActive(data.Schema["Text"]));
    }

    [Fact]
    public void Positions_ids_and_other_columns_belong_to_the_row_and_not_to_those_read_ahead()
    {
        IDataView source = _context.Load(Models.Rows(Rows));
        IDataView data = _transformer.Transform(source);
        using DataViewRowCursor expected = source.GetRowCursor(source.Schema);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        ValueGetter<DataViewRowId> expectedId = expected.GetIdGetter(), id = cursor.GetIdGetter();
        ValueGetter<float> expectedNumber =
            expected.GetGetter<float>(source.Schema["Number"]), number = cursor.GetGetter<float>(data.Schema["Number"]);
        ValueGetter<VBuffer<float>> values =
            cursor.GetGetter<VBuffer<float>>(data.Schema["Values"]), features = cursor.GetGetter<VBuffer<float>>(data.Schema["Features"]);
        VBuffer<float> vector = default;

        while (expected.MoveNext())
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(Read(expectedId), Read(id));
            Assert.Equal(Read(expectedNumber), Read(number));
            Assert.Equal(expected.Position, cursor.Position);
            Assert.Equal(expected.Batch, cursor.Batch);
            features(ref vector);
            Assert.Equal(TinyModel.Width, vector.Length);
            values(ref vector);
            Assert.Equal([1, 2, 3], vector.DenseValues());
        }

        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.ThrowsAny<InvalidOperationException>(() => Read(number));
    }

    [Fact]
    public void A_getter_of_another_type_is_refused_with_both_types()
    {
        IDataView data = _transformer.Transform(_context.Load(Models.Rows(1)));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);

        Exception exception = Assert.ThrowsAny<InvalidOperationException>(() => cursor.GetGetter<float>(data.Schema["Features"]));

        Assert.Contains("'Features'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("System.Single", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parallel_cursors_give_every_row_once_with_the_same_values()
    {
        IDataView data = _transformer.Transform(new CountedView(_context.Load(Models.Rows(Rows))));
        Dictionary<float, float[]> expected = _context.Read<EmbeddedRow>(data).ToDictionary(row => row.Number, row => row.Features);

        DataViewRowCursor[] cursors = data.GetRowCursorSet(data.Schema, 3);

        Assert.Equal(3, cursors.Length);
        (float Number, float[] Vector)[] found = [.. cursors.AsParallel().SelectMany(cursor => Drain(cursor, data.Schema))];
        Assert.Equal(Rows, found.Select(row => row.Number).Distinct().Count());
        Assert.All(found, row => Assert.Equal(expected[row.Number], row.Vector));
    }

    [Fact]
    public void Rows_can_be_skipped_taken_shuffled_cached_and_previewed()
    {
        IDataView data = _transformer.Transform(_context.Load(Models.Rows(Rows)));
        float[][] all = [.. data.GetColumn<float[]>("Features")];

        IDataView part = _context.Data.TakeRows(_context.Data.SkipRows(data, 5), 4);
        Assert.Equal(all[5..9], part.GetColumn<float[]>("Features"));
        Assert.Equal(all, _context.Data.Cache(data).GetColumn<float[]>("Features"));
        Assert.All(_context.Read<EmbeddedRow>(_context.Data.ShuffleRows(data, seed: 1)),
            row => Assert.Equal(all[(int)row.Number], row.Features));
        DataDebuggerPreview preview = data.Preview(maxRows: 7);
        Assert.Equal(7, preview.RowView.Length);
        Assert.Contains(preview.Schema, column => column.Name == "Features");
    }

    private static IEnumerable<(float Number, float[] Vector)> Drain(DataViewRowCursor cursor, DataViewSchema schema)
    {
        using (cursor)
        {
            ValueGetter<float> number = cursor.GetGetter<float>(schema["Number"]);
            ValueGetter<VBuffer<float>> features = cursor.GetGetter<VBuffer<float>>(schema["Features"]);
            while (cursor.MoveNext())
                yield return (Read(number), [.. Read(features).DenseValues()]);
        }
    }

    private static T Read<T>(ValueGetter<T> getter)
    {
        T value = default!;
        getter(ref value);
        return value;
    }
}
