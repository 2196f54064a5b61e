using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(KeyToValueMappingTransformer), null, typeof(SignatureLoadModel),
    "Keys to values", KeyToValueMappingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

public sealed class KeyToValueMappingTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "KeyToValueTransform";

    internal KeyToValueMappingTransformer(IHostEnvironment env, InputOutputColumnPair[] columns)
        : base(env, nameof(KeyToValueMappingTransformer))
        => Columns = columns;

    internal InputOutputColumnPair[] Columns { get; }

    private protected override RowMapper Bind(DataViewSchema input)
    {
        ColumnMapping mapping = new();
        foreach (InputOutputColumnPair pair in Columns)
        {
            DataViewSchema.Column source = input.Find(pair.InputColumnName);
            KeyDataViewType key = source.Type.GetItemType() as KeyDataViewType;
            Contracts.Check(
                source.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is VectorDataViewType values
                    && (ulong)values.Size == key?.Count,
                "Metadata KeyValues does not exist");
            PrimitiveDataViewType item = ((VectorDataViewType)source.Annotations.Schema[AnnotationUtils.Kinds.KeyValues].Type).ItemType;
            DataViewType type = source.Type is VectorDataViewType vector ? new VectorDataViewType(item, vector.Dimensions) : item;
            DataViewSchema.Annotations.Builder annotations = new();
            annotations.Add(source.Annotations, kind => kind == AnnotationUtils.Kinds.SlotNames);
            MethodInfo create = typeof(KeyToValueMappingTransformer).GetMethod(nameof(CreateGetter), BindingFlags.Static | BindingFlags.NonPublic)
                .MakeGenericMethod(key.RawType, item.RawType);
            mapping.Add(
                new DataViewSchema.DetachedColumn(pair.OutputColumnName, type, annotations.ToAnnotations()), [source], row => (Delegate)create.Invoke(null, [row, source]));
        }

        return new RowMapper(input, mapping);
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("KEY2VALT", LoaderSignature));
        ctx.SaveNames([.. Columns.Select(column => column.OutputColumnName)]);
        ctx.SaveNames([.. Columns.Select(column => column.InputColumnName)]);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => new KeyToValueMappingTransformer(env, [.. ctx.LoadNames().Zip(ctx.LoadNames(), (output, input) => new InputOutputColumnPair(output, input))]);

    private static Delegate CreateGetter<TKey, TValue>(DataViewRow row, DataViewSchema.Column column)
        where TKey : IConvertible
    {
        VBuffer<TValue> buffer = default;
        column.GetKeyValues(ref buffer);
        TValue[] values = [.. buffer.DenseValues()];
        TValue missing = typeof(TValue) == typeof(float) ? (TValue)(object)float.NaN : typeof(TValue) == typeof(double) ? (TValue)(object)double.NaN : default;

        TValue ValueOf(TKey key) => key.ToUInt64(null) is ulong index && index > 0 && index <= (ulong)values.Length ? values[index - 1] : missing;

        if (column.Type is not VectorDataViewType)
        {
            ValueGetter<TKey> getter = row.GetGetter<TKey>(column);
            return (ValueGetter<TValue>)((ref TValue value) =>
            {
                TKey key = default;
                getter(ref key);
                value = ValueOf(key);
            });
        }

        ValueGetter<VBuffer<TKey>> vectorGetter = row.GetGetter<VBuffer<TKey>>(column);
        VBuffer<TKey> keys = default;
        return (ValueGetter<VBuffer<TValue>>)((ref VBuffer<TValue> value) =>
        {
            vectorGetter(ref keys);
            TValue[] mapped = [.. keys.DenseValues().Select(ValueOf)];
            VBuffer<TValue>.Copy(mapped, 0, ref value, mapped.Length);
        });
    }
}
