using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class CustomMappingTransformer<TSrc, TDst> : RowToRowTransformerBase
    where TSrc : class, new()
    where TDst : class, new()
{
    private readonly Action<TSrc, TDst> _mapAction;
    private readonly string _contractName;

    internal CustomMappingTransformer(
        IHostEnvironment env,
        Action<TSrc, TDst> mapAction,
        string contractName,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null)
        : base(env, nameof(CustomMappingTransformer<,>))
    {
        Contracts.CheckValue(mapAction, nameof(mapAction));
        _mapAction = mapAction;
        _contractName = contractName;
        InputMembers = TypedMember.Create(typeof(TSrc), inputSchemaDefinition, SchemaDefinition.Direction.Write);
        OutputMembers = TypedMember.Create(typeof(TDst), outputSchemaDefinition, SchemaDefinition.Direction.Write);
    }

    internal TypedMember[] InputMembers { get; }

    internal TypedMember[] OutputMembers { get; }

    private protected override RowMapper Bind(DataViewSchema input)
    {
        TypedGetters.Bind(input, InputMembers, ignoreMissingColumns: false);
        return new RowMapper(input, new Mapping(this, input));
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        Contracts.Check(_contractName is not null, "Empty contract name for a transform: the transform cannot be saved");
        ctx.SetVersionInfo(Version("CUSTOMXF", CustomMappingLoader.LoaderSignature));
        ctx.SaveString(_contractName);
        ctx.SaveString(_mapAction.Method.DeclaringType.Assembly.FullName);
    }

    private sealed class Mapping(CustomMappingTransformer<TSrc, TDst> owner, DataViewSchema input) : RowMapping
    {
        public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; }
            = [.. TypedMember.Schema(owner.OutputMembers).Select(column => new DataViewSchema.DetachedColumn(column))];

        public override IEnumerable<DataViewSchema.Column> GetDependencies(int added) => owner.InputMembers.Select(member => input[member.ColumnName]);

        public override Delegate[] CreateGetters(DataViewRow row, bool[] active)
        {
            if (!active.Contains(true))
                return new Delegate[active.Length];
            TSrc source = new();
            TDst destination = new();
            Action<TSrc> fill = TypedGetters.CreateFill<TSrc>(row, owner.InputMembers);
            long mapped = -1;

            TDst Current()
            {
                if (mapped != row.Position)
                {
                    fill(source);
                    owner._mapAction(source, destination);
                    mapped = row.Position;
                }

                return destination;
            }

            return [.. owner.OutputMembers.Select((member, i) => active[i] ? TypedGetters.Create(member, Current) : null)];
        }
    }
}
