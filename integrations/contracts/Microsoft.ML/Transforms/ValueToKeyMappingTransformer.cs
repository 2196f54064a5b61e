using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(ValueToKeyMappingTransformer), null, typeof(SignatureLoadModel),
    "Values to keys", ValueToKeyMappingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

public sealed class ValueToKeyMappingTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "TermTransform";

    private readonly (string Output, string Input, KeyMap Map)[] _columns;

    internal ValueToKeyMappingTransformer(IHostEnvironment env, (string Output, string Input, KeyMap Map)[] columns)
        : base(env, nameof(ValueToKeyMappingTransformer))
        => _columns = columns;

    private protected override RowMapper Bind(DataViewSchema input)
    {
        ColumnMapping mapping = new();
        foreach ((string output, string name, KeyMap map) in _columns)
        {
            DataViewSchema.Column source = input.Find(name);
            if (!source.Type.GetItemType().Equals(map.ItemType))
                throw Contracts.ExceptSchemaMismatch("inputSchema", "input", name, map.ItemType.ToString(), source.Type.ToString());
            DataViewSchema.Annotations.Builder annotations = new();
            map.AddKeyValues(annotations);
            if (source.HasSlotNames())
                annotations.Add(source.Annotations, kind => kind == AnnotationUtils.Kinds.SlotNames);
            DataViewType type = source.Type is VectorDataViewType vector ? new VectorDataViewType(map.KeyType, vector.Dimensions) : map.KeyType;
            mapping.Add(new DataViewSchema.DetachedColumn(output, type, annotations.ToAnnotations()), [source], row => map.CreateGetter(row, source));
        }

        return new RowMapper(input, mapping);
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("TERMTRAN", LoaderSignature));
        ctx.SaveNames([.. _columns.Select(column => column.Output)]);
        ctx.SaveNames([.. _columns.Select(column => column.Input)]);
        foreach ((_, _, KeyMap map) in _columns)
            map.Write(ctx.Writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        string[] outputs = ctx.LoadNames();
        string[] inputs = ctx.LoadNames();
        return new ValueToKeyMappingTransformer(env, [.. outputs.Zip(inputs).Select(pair => (pair.First, pair.Second, KeyMap.Read(ctx.Reader)))]);
    }
}
