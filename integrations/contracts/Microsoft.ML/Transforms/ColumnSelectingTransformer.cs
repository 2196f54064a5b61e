using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(ColumnSelectingTransformer), null, typeof(SignatureLoadModel),
    "Select columns", ColumnSelectingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

public sealed class ColumnSelectingTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "SelectColumnsTransform";

    private readonly bool _keepHidden;

    internal ColumnSelectingTransformer(IHostEnvironment env, string[] columnNames, bool drop, bool keepHidden)
        : base(env, nameof(ColumnSelectingTransformer))
    {
        Contracts.CheckValue(columnNames, nameof(columnNames));
        ColumnNames = columnNames;
        IsDrop = drop;
        _keepHidden = keepHidden;
    }

    internal string[] ColumnNames { get; }

    internal bool IsDrop { get; }

    internal void CheckColumns(Predicate<string> exists)
    {
        string[] missing = [.. ColumnNames.Where(name => !exists(name))];
        if (missing.Length > 0)
            throw Contracts.ExceptSchemaMismatch("inputSchema", "input", string.Join(",", missing));
    }

    private protected override RowMapper Bind(DataViewSchema input)
    {
        CheckColumns(name => input.GetColumnOrNull(name) is not null);
        IEnumerable<DataViewSchema.Column> visible = input.Where(column => _keepHidden || !column.IsHidden);
        IEnumerable<DataViewSchema.Column> kept = IsDrop
            ? visible.Where(column => !ColumnNames.Contains(column.Name))
            : ColumnNames.SelectMany(name => visible.Where(column => column.Name == name));
        return new RowMapper(input, [.. kept.Select(column => column.Index)]);
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("SELCOLST", LoaderSignature));
        ctx.Writer.Write(IsDrop);
        ctx.Writer.Write(_keepHidden);
        ctx.SaveNames(ColumnNames);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        bool drop = ctx.Reader.ReadBoolean();
        bool keepHidden = ctx.Reader.ReadBoolean();
        return new ColumnSelectingTransformer(env, ctx.LoadNames(), drop, keepHidden);
    }
}
