using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A transformer that maps each row by itself.</summary>
public abstract class RowToRowTransformerBase : ITransformer
{
    private protected RowToRowTransformerBase(IHostEnvironment env, string name) => Host = Contracts.CheckRef(env, nameof(env)).Register(name);

    bool ITransformer.IsRowToRowMapper => true;

    private protected IHost Host { get; }

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return Bind(inputSchema).OutputSchema;
    }

    public IDataView Transform(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        return new MappedDataView(input, Bind(input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return Bind(inputSchema);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        Contracts.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        Save(ctx);
    }

    private protected abstract RowMapper Bind(DataViewSchema input);

    private protected abstract void Save(ModelSaveContext ctx);

    /// <summary>The version of the state that a loader in this assembly reads back.</summary>
    private protected static VersionInfo Version(string modelSignature, string loaderSignature)
        => new(modelSignature, 0x00010001, 0x00010001, 0x00010001, typeof(RowToRowTransformerBase).Assembly.FullName, loaderSignature);
}
