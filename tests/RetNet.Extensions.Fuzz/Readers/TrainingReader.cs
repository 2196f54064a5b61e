using System.Security.Cryptography;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Checkpoints of trainings: resumed, and trained for one more step.</summary>
internal sealed class TrainingReader : Reader
{
    private static readonly int[] Text = TinyModels.Text(60);

    private readonly TemporaryFolder _folder = new();

    public TrainingReader() => Seeds = [Interrupted(best: false), Interrupted(best: true)];

    public override string Name => "training";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(byte[] input, Mutation mutation)
    {
        if (mutation.OnceIn(8) || input.Length < SHA256.HashSizeInBytes)
            return Bytes.Mutate(input, mutation, 2048);

        // With the hash of what was changed, which the readers behind it meet.
        byte[] content = Bytes.Mutate(input[..^SHA256.HashSizeInBytes], mutation, 2048);
        return [.. content, .. SHA256.HashData(content)];
    }

    public override void Read(byte[] input)
    {
        File.WriteAllBytes(Options(best: false).CheckpointFile!, input);
        Train(Options(best: input.Length > Seeds[0].Length));
    }

    // Weights that are numbers may still make a loss that is none, which the training tells.
    public override bool IsRefusal(Exception exception) => exception is CheckpointException or TrainingException;

    private byte[] Interrupted(bool best)
    {
        File.Delete(Options(best).CheckpointFile!);
        Train(Options(best));
        return File.ReadAllBytes(Options(best).CheckpointFile!);
    }

    private static void Train(TrainingOptions options)
    {
        using TrainableModel model = TinyModels.RetNet();
        new LanguageModelTrainer(model, options).Train(Text, Text);
    }

    private TrainingOptions Options(bool best) => new()
    {
        BatchSize = 2,
        ContextLength = 8,
        Steps = 3,
        EvaluateEvery = 1,
        KeepBest = best,
        CarryState = true,
        CheckpointFile = _folder["training.checkpoint"],
        CheckpointEvery = 1,
        Resume = true,
    };
}
