using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class SavingTests
{
    private const int Rows = 6;

    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData("Features")]
    [InlineData("Surprise")]
    [InlineData("Story")]
    public async Task A_model_loads_in_another_process_by_ML_NET_alone_with_the_same_values_bit_for_bit(string column)
    {
        using IDisposable model = (IDisposable)Fit(column);
        ITransformer transformer = (ITransformer)model;
        IDataView data = _context.Load(Models.Rows(Rows));
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, transformer, data.Schema);

        string[] expected = LoaderProgram.Values(transformer.Transform(data), column);

        Assert.Equal(Rows, expected.Length);
        Assert.Equal(expected, await LoaderProgram.RunAsync(file.Path, column, Rows));
    }

    [Fact]
    public void A_loaded_model_can_be_saved_again_and_takes_no_part_of_the_first_file()
    {
        using ModelArchiveFile second = new();
        IDataView data = _context.Load(Models.Rows(Rows));
        string[] expected;
        using (RetNetTransformer first = (RetNetTransformer)Fit("Features"))
        using (ModelArchiveFile file = ModelArchiveFile.Save(_context, first, data.Schema))
        {
            expected = LoaderProgram.Values(first.Transform(data), "Features");
            using IDisposable loaded = (IDisposable)file.Load(_context);
            _context.Model.Save((ITransformer)loaded, data.Schema, second.Path);
        }

        using IDisposable again = (IDisposable)second.Load(_context);
        Assert.Equal(expected, LoaderProgram.Values(((ITransformer)again).Transform(data), "Features"));
    }

    [Fact]
    public void A_truncated_file_is_refused()
    {
        using ModelArchiveFile file = SaveEmbedding();
        byte[] content = File.ReadAllBytes(file.Path);
        File.WriteAllBytes(file.Path, content[..(content.Length / 2)]);

        Assert.NotEqual("", file.LoadingFails());
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("tokenizer.json")]
    [InlineData("config.json")]
    [InlineData("settings.json")]
    public void A_missing_shortened_or_changed_entry_is_named(string entry)
    {
        using (ModelArchiveFile file = SaveEmbedding())
        {
            file.Change(entry, content =>
            {
                content[content.Length / 2] ^= 1;
                return content;
            });
            AssertNames(entry, "has other content than was saved", file.LoadingFails());
        }

        using (ModelArchiveFile file = SaveEmbedding())
        {
            file.Change(entry, content => content[..^1]);
            AssertNames(entry, "bytes; expected", file.LoadingFails());
        }

        using (ModelArchiveFile file = SaveEmbedding())
        {
            file.Change(entry, _ => null);
            AssertNames(entry, "is missing", file.LoadingFails());
        }
    }

    [Fact]
    public void A_damaged_list_of_entries_is_refused()
    {
        using ModelArchiveFile original = SaveEmbedding();
        byte[] archive = File.ReadAllBytes(original.Path);
        int length = 0;
        original.Change("Model.key", content =>
        {
            length = content.Length;
            return content;
        });

        for (int i = 0; i < length; i += 3)
        {
            using ModelArchiveFile file = new();
            File.WriteAllBytes(file.Path, archive);
            file.Change("Model.key", content =>
            {
                content[i] ^= 0x55;
                return content;
            });
            try
            {
                (file.Load(new MLContext()) as IDisposable)?.Dispose();
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or NullReferenceException or IndexOutOfRangeException))
            {
                Assert.NotEqual("", exception.Message);
            }
        }
    }

    [Theory]
    [InlineData("BatchSize", "0")]
    [InlineData("BatchSize", "-2147483648")]
    [InlineData("ContextLength", "-1")]
    [InlineData("ScoreColumn", "\"\"")]
    [InlineData("PredictionColumn", "\"\"")]
    [InlineData("ProbabilityColumn", "\"\"")]
    [InlineData("TextColumns", "[]")]
    [InlineData("TextColumns", "[null]")]
    [InlineData("TextColumns", "[\"a\", \"b\", \"c\"]")]
    [InlineData("StateFormat", "77")]
    public void A_setting_out_of_range_is_named_whatever_the_others_are(string setting, string value)
    {
        IDataView data = _context.Reviews(6);
        RetNetBinaryTrainer.Options options = new RetNetBinaryTrainer.Options { LabelColumnName = "Liked", MaxEpoch = 1 }.Tiny();
        using RetNetBinaryTransformer trained = _context.BinaryClassification.Trainers.RetNetTextClassification(options).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, trained, data.Schema);
        file.Forge("settings.json", content =>
        {
            JsonObject settings = JsonNode.Parse(content)!.AsObject();
            // Neither of these fits the policy full.
            (settings["StateSize"], settings["Sinks"]) = ("512", -1);
            settings[setting] = JsonNode.Parse(value);
            return Encoding.UTF8.GetBytes(settings.ToJsonString());
        });

        AssertNames("settings.json", $"{setting} in ", file.LoadingFails());
    }

    private static void AssertNames(string entry, string fault, string message)
    {
        Assert.Contains("The model archive is damaged", message, StringComparison.Ordinal);
        Assert.Contains($"'{entry}'", message, StringComparison.Ordinal);
        Assert.Contains(fault, message, StringComparison.Ordinal);
    }

    private ModelArchiveFile SaveEmbedding()
    {
        using RetNetTransformer transformer = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path)
            .Fit(_context.Load());
        return ModelArchiveFile.Save(_context, transformer, _context.Load().Schema);
    }

    private ITransformer Fit(string column)
    {
        TransformsCatalog.TextTransforms text = _context.Transforms.Text;
        IDataView data = _context.Load();
        return column switch
        {
            "Features" => text.RetNetEmbedding(column, "Text", Models.RetNetPath).Fit(data),
            "Surprise" =>
                text.RetNetPerplexity(column, "Text", Models.LlamaPath, PerplexityMeasure.MeanNegativeLogLikelihood, "tova", "8").Fit(data),
            _ => text.RetNetGenerate(column, "Text", Models.LlamaPath, maxTokens: 8, temperature: 1, policy: "tova", stateSize: "16")
                .Fit(data),
        };
    }
}
