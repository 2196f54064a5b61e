using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Text;

/// <summary>Text to a vector: counts of character trigrams, and of words and pairs of words, each part scaled to length one.</summary>
public sealed class TextFeaturizingEstimator : IEstimator<ITransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly string _output;
    private readonly string _input;

    internal TextFeaturizingEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName)
    {
        _environment = env;
        _output = Contracts.CheckNonEmpty(outputColumnName, nameof(outputColumnName));
        _input = inputColumnName ?? outputColumnName;
    }

    public ITransformer Fit(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        DataViewSchema.Column column = TextFeaturizingTransformer.Source(input.Schema, _input);
        Dictionary<string, int> characters = [];
        Dictionary<string, int> words = [];
        using DataViewRowCursor cursor = input.GetRowCursor(column);
        Func<string> read = TextFeaturizingTransformer.Reader(cursor, column);
        while (cursor.MoveNext())
        {
            string text = read();
            foreach (string ngram in Ngrams.Characters(text))
                characters.TryAdd(ngram, characters.Count);
            foreach (string ngram in Ngrams.Words(text))
                words.TryAdd(ngram, words.Count);
        }

        return new TextFeaturizingTransformer(_environment, _output, _input, [.. characters.Keys], [.. words.Keys]);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        SchemaShape.Column column = inputSchema.Find(_input);
        if (column.ItemType is not TextDataViewType)
            throw Contracts.ExceptSchemaMismatch(nameof(inputSchema), "input", _input, "scalar or vector of String", column.GetTypeString());
        SchemaShape annotations = new(
        [
            new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false),
            new SchemaShape.Column(AnnotationUtils.Kinds.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, false),
        ]);
        return inputSchema.With([new SchemaShape.Column(_output, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, annotations)]);
    }
}
