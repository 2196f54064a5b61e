using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

public class SavedModelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_written_model_predicts_what_was_trained(bool isLlama)
    {
        using TemporaryFolder folder = new();
        using TrainableModel model = isLlama ? TinyModels.Llama() : TinyModels.RetNet();
        new LanguageModelTrainer(model, new TrainingOptions { Steps = 5, BatchSize = 2, ContextLength = 8 }).Train(TinyModels.Text(100));
        model.Save(folder.Root, new ModelDocuments { Configuration = default });

        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, model.Tensors);
        stream.Position = 0;
        using LanguageModel written = LanguageModel.Load(folder.Root);
        using LanguageModel held = LanguageModel.Load(Checkpoint.FromMemory("memory", Encoding.UTF8.GetBytes(model.ConfigurationJson()),
            stream));
        using Checkpoint checkpoint = Checkpoint.Open(folder.Root);
        using TrainableModel again = TrainableModel.Load(checkpoint, threads: 1);

        int[] tokens = TinyModels.Text(20, 3);
        float[] logits = Logits(written, tokens);
        Assert.Equal(logits, Logits(held, tokens));
        Assert.Equal(TinyModels.Bits(model.Parameters), TinyModels.Bits(again.Parameters));
        double nats = 0;
        for (int i = 0; i + 1 < tokens.Length; i++)
        {
            float[] row = logits[(i * TinyModels.Vocabulary)..((i + 1) * TinyModels.Vocabulary)];
            nats += Math.Log(row.Sum(value => Math.Exp(value))) - row[tokens[i + 1]];
        }

        Assert.Equal(new LanguageModelTrainer(model).Evaluate([tokens]), nats / (tokens.Length - 1), 4);
    }

    private static float[] Logits(LanguageModel model, int[] tokens)
    {
        float[] logits = new float[tokens.Length * model.Info.VocabularySize];
        using SequenceState state = model.CreateState();
        model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits), logits);
        return logits;
    }
}
