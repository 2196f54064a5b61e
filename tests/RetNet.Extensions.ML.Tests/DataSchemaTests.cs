using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using NSubstitute;
using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Data of every schema, given to every estimator and to every transformer, fitted or loaded: a column that is missing or of
/// another type is named, with what was found and expected, in ML.NET's exception for that.</summary>
public sealed class DataSchemaTests
{
    private const string Column = "Sentence1";

    private static readonly DataViewType[] Scalars =
    [
        TextDataViewType.Instance, BooleanDataViewType.Instance, NumberDataViewType.SByte, NumberDataViewType.Byte,
        NumberDataViewType.Int16, NumberDataViewType.UInt16, NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64,
        NumberDataViewType.UInt64, NumberDataViewType.Single, NumberDataViewType.Double, DateTimeDataViewType.Instance,
        DateTimeOffsetDataViewType.Instance, TimeSpanDataViewType.Instance, RowIdDataViewType.Instance,
        new KeyDataViewType(typeof(byte), 1), new KeyDataViewType(typeof(byte), 255), new KeyDataViewType(typeof(ushort), 2),
        new KeyDataViewType(typeof(uint), 3), new KeyDataViewType(typeof(uint), uint.MaxValue),
        new KeyDataViewType(typeof(ulong), ulong.MaxValue), new OwnType(),
    ];

    private readonly MLContext _context = new(seed: 1);

    private static IEnumerable<DataViewType?> Types =>
    [
        null,
        .. Scalars,
        .. Scalars.OfType<PrimitiveDataViewType>().SelectMany(
            item => (DataViewType[])[new VectorDataViewType(item), new VectorDataViewType(item, 1), new VectorDataViewType(item, 2, 3),
                new VectorDataViewType(item, 0, 5)]),
    ];

    public static TheoryData<string> Kinds =>
        ["embedding", "generation", "perplexity", "binary", "multiclass", "regression"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_column_that_does_not_fit_is_named_with_what_was_found_and_expected(string kind)
    {
        IEstimator<ITransformer> estimator = Estimator(kind);
        (string label, DataViewType fitting) = kind switch
        {
            "binary" => ("Liked", BooleanDataViewType.Instance),
            "multiclass" => ("Label", new KeyDataViewType(typeof(uint), 3)),
            _ => ("Stars", (DataViewType)NumberDataViewType.Single),
        };
        ITransformer fitted = estimator.Fit(Rows());
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, fitted, Rows().Schema);
        ITransformer loaded = file.Load(_context);
        int refused = 0;
        foreach (DataViewType? type in Types)
        {
            bool isText = type is TextDataViewType;
            IDataView texts = View((Column, type), (label, fitting));
            foreach (ITransformer transformer in (ITransformer[])[fitted, loaded])
            {
                Check(Column, isText, () => transformer.GetOutputSchema(texts.Schema));
                Check(Column, isText, () => transformer.Transform(texts));
            }

            if (!isText)
                Check(Column, fits: false, () => estimator.Fit(texts));
            IDataView labels = View((Column, TextDataViewType.Instance), (label, type));
            if (kind is "binary" or "multiclass" or "regression" && !Fits(type))
                Check(label, fits: false, () => estimator.Fit(labels));
        }

        (fitted as IDisposable)?.Dispose();
        (loaded as IDisposable)?.Dispose();
        Assert.True(refused > 400, $"Only {refused} schemas were refused.");

        bool Fits(DataViewType? type) => kind switch
        {
            "binary" => type is BooleanDataViewType,
            "multiclass" => type is KeyDataViewType { Count: >= 2 and <= 1 << 16 },
            _ => type is NumberDataViewType number && number == NumberDataViewType.Single,
        };

        void Check(string column, bool fits, Action action)
        {
            Exception? exception = Record.Exception(action);
            if (fits)
            {
                Assert.Null(exception);
                return;
            }

            ArgumentOutOfRangeException mismatch = Assert.IsType<ArgumentOutOfRangeException>(exception);
            Assert.Equal("inputSchema", mismatch.ParamName);
            Assert.Matches($"column '{column}'(: expected .+, got .+|; the columns are: )", mismatch.Message);
            refused++;
        }
    }

    [Theory]
    [InlineData("embedding", "InputColumnName")]
    [InlineData("binary", "TextColumns")]
    public void A_column_that_an_archive_names_and_data_lack_is_named_when_they_are_given(string kind, string setting)
    {
        ITransformer fitted = Estimator(kind).Fit(Rows());
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, fitted, Rows().Schema);
        (fitted as IDisposable)?.Dispose();
        file.Forge("settings.json", content =>
        {
            JsonNode settings = JsonNode.Parse(content)!;
            settings[setting] = kind == "binary" ? new JsonArray("Other") : "Other";
            return Encoding.UTF8.GetBytes(settings.ToJsonString());
        });
        ITransformer loaded = file.Load(_context);
        using IDisposable model = (IDisposable)loaded;

        string message = Assert.Throws<ArgumentOutOfRangeException>(() => loaded.Transform(Rows())).Message;

        Assert.Contains("Could not find text column 'Other'; the columns are: ", message, StringComparison.Ordinal);
    }

    private static IDataView View(params (string Name, DataViewType? Type)[] columns)
    {
        DataViewSchema.Builder schema = new();
        foreach ((string name, DataViewType? type) in columns)
        {
            if (type is not null)
                schema.AddColumn(name, type);
        }

        IDataView view = Substitute.For<IDataView>();
        view.Schema.Returns(schema.ToSchema());
        return view;
    }

    private IEstimator<ITransformer> Estimator(string kind) => kind switch
    {
        "embedding" => _context.Transforms.Text.RetNetEmbedding("Out", Column, TinyModel.Path),
        "generation" => _context.Transforms.Text.RetNetGenerate("Out", Column, TinyModel.Path, maxTokens: 2),
        "perplexity" => _context.Transforms.Text.RetNetPerplexity("Out", Column, TinyModel.Path),
        "binary" => _context.BinaryClassification.Trainers.RetNetTextClassification(
            new RetNetBinaryTrainer.Options { LabelColumnName = "Liked" }.Tiny()),
        "multiclass" => _context.MulticlassClassification.Trainers.RetNetTextClassification(ReviewTrainers.Classifier()),
        _ => _context.Regression.Trainers.RetNetTextRegression(new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny()),
    };

    private IDataView Rows()
    {
        IDataView reviews = _context.Reviews(6);
        return _context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(reviews).Transform(reviews);
    }

    /// <summary>A type that ML.NET does not know.</summary>
    private sealed class OwnType() : StructuredDataViewType(typeof(Version))
    {
        public override bool Equals(DataViewType? other) => other is OwnType;
    }
}
