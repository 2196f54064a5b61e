using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(ColumnConcatenatingTransformer), null, typeof(SignatureLoadModel),
    "Concatenate columns", ColumnConcatenatingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

public sealed class ColumnConcatenatingTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "ConcatTransform";

    private readonly string _output;
    private readonly string[] _inputs;

    internal ColumnConcatenatingTransformer(IHostEnvironment env, string outputColumnName, params string[] inputColumnNames)
        : base(env, nameof(ColumnConcatenatingTransformer))
    {
        _output = outputColumnName;
        _inputs = inputColumnNames;
    }

    private protected override RowMapper Bind(DataViewSchema input)
    {
        DataViewSchema.Column[] sources = [.. _inputs.Select(name => input.Find(name))];
        DataViewType itemType = sources[0].Type.GetItemType();
        foreach (DataViewSchema.Column source in sources)
        {
            if (!source.Type.GetItemType().Equals(itemType))
                throw Contracts.ExceptSchemaMismatch("inputSchema", "input", source.Name, itemType.ToString(), source.Type.ToString());
        }

        bool known = sources.All(source => source.Type.GetValueCount() > 0);
        VectorDataViewType type = new((PrimitiveDataViewType)itemType, known ? sources.Sum(source => source.Type.GetValueCount()) : 0);
        ColumnMapping mapping = new();
        mapping.Add(new DataViewSchema.DetachedColumn(_output, type, Annotations(sources, type)), sources, row => (Delegate)typeof(ColumnConcatenatingTransformer)
            .GetMethod(nameof(CreateGetter), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
            .MakeGenericMethod(itemType.RawType).Invoke(null, [row, sources]));
        return new RowMapper(input, mapping);
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("CONCAT F", LoaderSignature));
        ctx.SaveNonEmptyString(_output);
        ctx.SaveNames(_inputs);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => new ColumnConcatenatingTransformer(env, ctx.LoadNonEmptyString(), ctx.LoadNames());

    private static DataViewSchema.Annotations Annotations(DataViewSchema.Column[] sources, VectorDataViewType type)
    {
        if (sources is [{ Type: VectorDataViewType }])
            return sources[0].Annotations;
        DataViewSchema.Annotations.Builder builder = new();
        if (type.IsKnownSize && sources.Any(source => source.Type is not VectorDataViewType || source.HasSlotNames()))
        {
            ReadOnlyMemory<char>[] names = [.. sources.SelectMany(SlotNames)];
            builder.AddSlotNames(type.Size, (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(names, 0, ref value, names.Length));
        }

        if (sources.All(source => source.IsNormalized()))
            builder.AddPrimitiveValue(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, true);
        return builder.ToAnnotations();
    }

    private static IEnumerable<ReadOnlyMemory<char>> SlotNames(DataViewSchema.Column source)
    {
        if (source.Type is not VectorDataViewType vector)
            return [source.Name.AsMemory()];
        if (!source.HasSlotNames())
            return new ReadOnlyMemory<char>[vector.Size];
        VBuffer<ReadOnlyMemory<char>> names = default;
        source.GetSlotNames(ref names);
        return names.DenseValues().Select(name => name.IsEmpty ? name : $"{source.Name}.{name}".AsMemory());
    }

    private static ValueGetter<VBuffer<T>> CreateGetter<T>(DataViewRow row, DataViewSchema.Column[] sources)
    {
        List<Action<List<KeyValuePair<int, T>>, int[]>> readers = [];
        foreach (DataViewSchema.Column source in sources)
        {
            if (source.Type is VectorDataViewType)
            {
                ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(source);
                VBuffer<T> vector = default;
                readers.Add((items, length) =>
                {
                    getter(ref vector);
                    foreach (KeyValuePair<int, T> item in vector.Items())
                        items.Add(new KeyValuePair<int, T>(length[0] + item.Key, item.Value));
                    length[0] += vector.Length;
                });
            }
            else
            {
                ValueGetter<T> getter = row.GetGetter<T>(source);
                readers.Add((items, length) =>
                {
                    T value = default;
                    getter(ref value);
                    items.Add(new KeyValuePair<int, T>(length[0]++, value));
                });
            }
        }

        List<KeyValuePair<int, T>> items = [];
        return (ref VBuffer<T> value) =>
        {
            items.Clear();
            int[] length = [0];
            foreach (Action<List<KeyValuePair<int, T>>, int[]> read in readers)
                read(items, length);
            VBufferEditor<T> editor = VBufferEditor.Create(ref value, length[0], items.Count);
            for (int i = 0; i < items.Count; i++)
            {
                editor.Values[i] = items[i].Value;
                if (items.Count < length[0])
                    editor.Indices[i] = items[i].Key;
            }

            value = editor.Commit();
        };
    }
}
