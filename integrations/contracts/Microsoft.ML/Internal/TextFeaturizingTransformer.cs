using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(TextFeaturizingTransformer), null, typeof(SignatureLoadModel),
    "Text features", TextFeaturizingTransformer.LoaderSignature)]

namespace Microsoft.ML.Internal;

internal sealed class TextFeaturizingTransformer : RowToRowTransformerBase
{
    public const string LoaderSignature = "TextFeaturizer";

    private readonly string _output;
    private readonly string _input;
    private readonly string[] _characters;
    private readonly string[] _words;
    private readonly Dictionary<string, int> _characterSlots;
    private readonly Dictionary<string, int> _wordSlots;

    public TextFeaturizingTransformer(IHostEnvironment env, string output, string input, string[] characters, string[] words)
        : base(env, nameof(TextFeaturizingTransformer))
    {
        _output = output;
        _input = input;
        _characters = characters;
        _words = words;
        _characterSlots = characters.Index().ToDictionary(item => item.Item, item => item.Index);
        _wordSlots = words.Index().ToDictionary(item => item.Item, item => characters.Length + item.Index);
    }

    public static DataViewSchema.Column Source(DataViewSchema schema, string name)
    {
        DataViewSchema.Column column = schema.Find(name);
        return column.Type.GetItemType() is TextDataViewType
            ? column
            : throw Contracts.ExceptSchemaMismatch("inputSchema", "input", name, "scalar or vector of String", column.Type.ToString());
    }

    public static Func<string> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        Func<object> value = AnyGetter.Create(row, column);
        return column.Type is VectorDataViewType
            ? () => string.Join(' ', ((VBuffer<ReadOnlyMemory<char>>)value()).DenseValues())
            : () => value().ToString();
    }

    private protected override RowMapper Bind(DataViewSchema input)
    {
        DataViewSchema.Column source = Source(input, _input);
        ReadOnlyMemory<char>[] names = [.. _characters.Select(name => $"Char.{name}".AsMemory()), .. _words.Select(name => $"Word.{name}".AsMemory())];
        DataViewSchema.Annotations.Builder annotations = new();
        annotations.AddPrimitiveValue(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, true);
        if (names.Length > 0)
            annotations.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(names, 0, ref value, names.Length));
        VectorDataViewType type = new(NumberDataViewType.Single, names.Length);
        ColumnMapping mapping = new();
        mapping.Add(new DataViewSchema.DetachedColumn(_output, type, annotations.ToAnnotations()), [source], row =>
        {
            Func<string> read = Reader(row, source);
            return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Featurize(read(), ref value));
        });
        return new RowMapper(input, mapping);
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("TEXTFEAT", LoaderSignature));
        ctx.SaveNonEmptyString(_output);
        ctx.SaveNonEmptyString(_input);
        ctx.SaveNames(_characters);
        ctx.SaveNames(_words);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        => new TextFeaturizingTransformer(env, ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNames(), ctx.LoadNames());

    private void Featurize(string text, ref VBuffer<float> value)
    {
        List<KeyValuePair<int, float>> slots = [.. Part(Ngrams.Characters(text), _characterSlots), .. Part(Ngrams.Words(text), _wordSlots)];
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, _characters.Length + _words.Length, slots.Count);
        for (int i = 0; i < slots.Count; i++)
        {
            editor.Values[i] = slots[i].Value;
            if (slots.Count < _characters.Length + _words.Length)
                editor.Indices[i] = slots[i].Key;
        }

        value = editor.Commit();
    }

    /// <summary>Counts scaled to length one, in the order of their slots.</summary>
    private static IEnumerable<KeyValuePair<int, float>> Part(IEnumerable<string> ngrams, Dictionary<string, int> slots)
    {
        SortedDictionary<int, float> counts = [];
        foreach (string ngram in ngrams)
        {
            if (slots.TryGetValue(ngram, out int slot))
                counts[slot] = counts.GetValueOrDefault(slot) + 1;
        }

        float norm = MathF.Sqrt(counts.Values.Sum(count => count * count));
        return counts.Select(count => KeyValuePair.Create(count.Key, count.Value / norm));
    }
}
