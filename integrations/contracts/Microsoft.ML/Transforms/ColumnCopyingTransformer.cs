using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(ColumnCopyingTransformer), null, typeof(SignatureLoadModel),
    "Copy columns", ColumnCopyingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

public sealed class ColumnCopyingTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "CopyTransform";

    internal ColumnCopyingTransformer(IHostEnvironment env, string outputColumnName, string inputColumnName)
        : base(env, nameof(ColumnCopyingTransformer))
    {
        OutputColumnName = Contracts.CheckNonEmpty(outputColumnName, nameof(outputColumnName));
        InputColumnName = inputColumnName ?? outputColumnName;
    }

    internal string OutputColumnName { get; }

    internal string InputColumnName { get; }

    private protected override RowMapper Bind(DataViewSchema input)
    {
        DataViewSchema.Column source = input.Find(InputColumnName);
        ColumnMapping mapping = new();
        mapping.Add(new DataViewSchema.DetachedColumn(OutputColumnName, source.Type, source.Annotations), [source], row => CreateGetter(row, source));
        return new RowMapper(input, mapping);
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("COPYCOLT", LoaderSignature));
        ctx.SaveNonEmptyString(OutputColumnName);
        ctx.SaveNonEmptyString(InputColumnName);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => new ColumnCopyingTransformer(env, ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());

    private static Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column)
        => (Delegate)typeof(DataViewRow).GetMethod(nameof(row.GetGetter)).MakeGenericMethod(column.Type.RawType).Invoke(row, [column]);
}
