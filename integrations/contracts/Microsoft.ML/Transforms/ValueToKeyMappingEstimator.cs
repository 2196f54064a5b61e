using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class ValueToKeyMappingEstimator : IEstimator<ValueToKeyMappingTransformer>
{
    internal const int DefaultMaximumNumberOfKeys = 1_000_000;

    private readonly IHostEnvironment _environment;
    private readonly InputOutputColumnPair[] _columns;
    private readonly int _maximumNumberOfKeys;
    private readonly KeyOrdinality _ordinality;
    private readonly bool _annotationsAsText;
    private readonly IDataView _keyData;

    internal ValueToKeyMappingEstimator(
        IHostEnvironment env, InputOutputColumnPair[] columns, int maximumNumberOfKeys, KeyOrdinality ordinality, bool annotationsAsText, IDataView keyData)
    {
        Contracts.CheckParam(
            keyData is null || keyData.Schema.Count == 1, nameof(keyData), "If specified, this data view should contain only a single column containing the terms to map.");
        _environment = env;
        _columns = columns;
        _maximumNumberOfKeys = maximumNumberOfKeys;
        _ordinality = ordinality;
        _annotationsAsText = annotationsAsText;
        _keyData = keyData;
    }

    public enum KeyOrdinality : byte
    {
        ByOccurrence = 0,
        ByValue = 1,
    }

    public ValueToKeyMappingTransformer Fit(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        return new ValueToKeyMappingTransformer(_environment, [.. _columns.Select(pair =>
        {
            DataViewSchema.Column column = input.Schema.Find(pair.InputColumnName);
            KeyMap map = _keyData is null
                ? KeyMap.Learn(input, column, _ordinality, _maximumNumberOfKeys)
                : KeyMap.Learn(_keyData, _keyData.Schema[0], _ordinality, int.MaxValue);
            map.AsText = _annotationsAsText;
            return (pair.OutputColumnName, pair.InputColumnName, map);
        })]);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(_columns.Select(pair =>
        {
            SchemaShape.Column column = inputSchema.Find(pair.InputColumnName);
            List<SchemaShape.Column> annotations = [];
            if (column.Annotations.TryFindColumn(AnnotationUtils.Kinds.SlotNames, out SchemaShape.Column slots))
                annotations.Add(slots);
            if (!column.IsKey || !column.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values))
            {
                values = new SchemaShape.Column(
                    AnnotationUtils.Kinds.KeyValues,
                    SchemaShape.Column.VectorKind.Vector,
                    _annotationsAsText ? TextDataViewType.Instance : column.ItemType,
                    column.IsKey);
            }

            annotations.Add(values);
            return new SchemaShape.Column(pair.OutputColumnName, column.Kind, NumberDataViewType.UInt32, true, new SchemaShape(annotations));
        }));
    }
}
