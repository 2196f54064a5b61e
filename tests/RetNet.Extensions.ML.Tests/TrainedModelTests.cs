using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.ML.Tests;

/// <summary>A trained model scores from the memory that it was trained in, as one that was written and loaded does; the documents of a
/// model that is trained further are checked before.</summary>
public sealed class TrainedModelTests
{
    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(RetNetModelFamily.RetNet, false)]
    [InlineData(RetNetModelFamily.Llama, false)]
    [InlineData(RetNetModelFamily.RetNet, true)]
    public void Its_scores_are_those_of_the_model_in_a_folder_bit_for_bit(RetNetModelFamily family, bool fineTuned)
    {
        IDataView data = _context.Reviews(10);
        RetNetRegressionTrainer.Options options = new RetNetRegressionTrainer.Options { LabelColumnName = "Stars", Family = family }.Tiny();
        (options.MaxEpoch, options.ModelPath) = fineTuned ? (1, Models.RetNetPath) : (3, null);
        using RetNetRegressionTransformer trained = _context.Regression.Trainers.RetNetTextRegression(options).Fit(data);

        DirectoryInfo folder = Directory.CreateTempSubdirectory("retnet-trained-");
        try
        {
            using ModelArchiveFile file = ModelArchiveFile.Save(_context, trained, data.Schema);
            foreach (string name in (string[])[ArchiveNames.Configuration, ArchiveNames.Tokenizer, ArchiveNames.Weights, ArchiveNames.Head])
                File.WriteAllBytes(Path.Combine(folder.FullName, name), file.Read(name));
            using TextModel loaded = TextModel.Load(folder.FullName, new ModelLoadOptions { Threads = 1 });
            using FileStream head = File.OpenRead(Path.Combine(folder.FullName, ArchiveNames.Head));

            Assert.Equal(trained.Transform(data).GetColumn<float>("Score"), Scores(loaded, ScoringHead.Read(head, "head")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("tokenizer.json", "{ \"model\": ")]
    [InlineData("tokenizer.json", "{ \"model\": { \"type\": \"Unigram\" } }")]
    [InlineData("tokenizer_config.json", "{ \"chat_template\": 5 }")]
    [InlineData("tokenizer_config.json", "[]")]
    [InlineData("generation_config.json", "{ \"do_sample\": true, \"temperature\": \"hot\" }")]
    public void A_malformed_document_is_refused_before_training(string name, string content)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("retnet-malformed-");
        try
        {
            foreach (string file in Directory.EnumerateFiles(TinyModel.Path))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            File.WriteAllText(Path.Combine(folder.FullName, name), content);
            int steps = 0;
            RetNetRegressionTrainer.Options options = new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny();
            (options.ModelPath, options.Progress) = (folder.FullName, new StepReport(() => steps++));

            Exception exception = Assert.ThrowsAny<Exception>(
                () => _context.Regression.Trainers.RetNetTextRegression(options).Fit(_context.Reviews(10)));

            Assert.Contains(name, exception.Message, StringComparison.Ordinal);
            Assert.Equal(0, steps);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<float> Scores(TextModel model, ScoringHead head)
    {
        int separator = TextEncoder.Separator(
            model.Tokenizer, model.Model.Info.BeginningOfSequenceId, model.Model.Info.EndOfSequenceIds);
        TextEncoder encoder = new(model.Tokenizer, separator, contextLength: 0);
        SequenceEmbedder embedder = new(model.Model, pooling: EmbeddingPooling.Mean, normalize: false);
        return embedder.Embed([.. Review.Rows(10).Select(row => encoder.Encode([row.Sentence1!]))]).Select(mean => head.Score(mean)[0]);
    }
}
