using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool;

/// <summary>The folder that a training writes: the model, its loss curve, and until it is finished the checkpoint that it can be resumed from.</summary>
internal sealed class TrainingFolder
{
    private const string CheckpointName = "training.checkpoint";
    private const string TokenizerName = "tokenizer.json";
    private const string WeightsName = "model.safetensors";

    private readonly string _path;

    /// <summary>Creates the folder, or takes one that this command has begun.</summary>
    public TrainingFolder(string path, bool resume)
    {
        _path = path;
        if (path.Length == 0)
            throw new CommandException("--out is empty; expected a folder.");
        if (File.Exists(path))
            throw new CommandException($"--out is '{path}', a file; expected a folder.");
        bool isInUse = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (isInUse && !resume)
            throw new CommandException($"--out is '{path}', which is not empty; expected a new folder, or --resume to go on with a training that was interrupted.");
        if (isInUse && !File.Exists(CheckpointFile) && (File.Exists(In(WeightsName)) || !HasTokenizer))
            throw new CommandException($"--resume: '{path}' holds no training that was interrupted ({CheckpointName} is not there).");
        Directory.CreateDirectory(path);
    }

    public string CheckpointFile => In(CheckpointName);

    /// <summary>Whether an interrupted training has left its tokenizer.</summary>
    public bool HasTokenizer => File.Exists(In(TokenizerName));

    /// <summary>Reads the tokenizer's files that an interrupted training has left.</summary>
    public ModelDocuments ReadTokenizer() => ModelDocuments.ReadTokenizer(_path);

    /// <summary>Writes the tokenizer's files, tokenizer.json last: a training that goes on finds all of them or none.</summary>
    public void WriteTokenizer(ModelDocuments documents)
    {
        WriteOptional("tokenizer_config.json", documents.TokenizerConfiguration);
        WriteOptional("chat_template.jinja", documents.ChatTemplate);
        WriteOptional("generation_config.json", documents.GenerationConfiguration);
        WriteOptional(TokenizerName, documents.Tokenizer);
    }

    public void WriteLosses(IReadOnlyList<TrainingPoint> history)
    {
        AtomicFile.Write(In("loss.csv"), LossCurve.ToCsv(history));
        AtomicFile.Write(In("loss.svg"), LossCurve.ToSvg(history));
    }

    /// <summary>Writes the model and removes the checkpoint.</summary>
    public void Finish(TrainableModel model, ModelDocuments documents)
    {
        model.Save(_path, documents);
        File.Delete(CheckpointFile);
    }

    private string In(string name) => Path.Combine(_path, name);

    private void WriteOptional(string name, ReadOnlyMemory<byte> content)
    {
        if (!content.IsEmpty)
            AtomicFile.Write(In(name), content);
    }
}
