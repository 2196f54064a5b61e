using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The output folder of a training: the model, its loss curve and, until training has finished, the checkpoint to resume
/// from.</summary>
internal sealed class TrainingFolder
{
    private const string CheckpointName = "training.checkpoint";
    private const string WeightsPattern = "*.safetensors";
    private const string LossesName = "loss.csv";

    private readonly string _option;
    private readonly string _path;
    private readonly bool _isInUse;

    /// <summary>Opens a new folder, or one that an earlier run of this command has begun.</summary>
    /// <param name="option">What names the folder on the command line.</param>
    /// <param name="path">The folder.</param>
    /// <param name="resume">Whether an earlier run may have begun it.</param>
    /// <param name="hasTokenizer">Whether the model comes with a tokenizer.</param>
    public TrainingFolder(string option, string path, bool resume, bool hasTokenizer)
    {
        (_option, _path) = (option, path);
        if (path.Length == 0)
            throw new CommandException($"{option} is empty; expected a folder.");
        if (File.Exists(path))
            throw new CommandException($"{option} is '{path}', a file; expected a folder.");
        _isInUse = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (_isInUse && !resume)
        {
            throw new CommandException($"{option} is '{path}', which is not empty; expected a new folder, or --resume to continue an "
                + "interrupted training.");
        }

        HasFinished = _isInUse && !File.Exists(CheckpointFile) && HasTokenizer == hasTokenizer && File.Exists(In(LossesName))
            && File.Exists(In(FileNames.Configuration)) && HasWeights;
        if (_isInUse && !HasFinished && !File.Exists(CheckpointFile) && (HasModel || !HasTokenizer))
            throw new CommandException($"--resume: '{path}' has no interrupted training (there is no {CheckpointName}).");
    }

    /// <summary>Whether an earlier run has written the trained model, so that nothing is left to resume.</summary>
    public bool HasFinished { get; }

    public string CheckpointFile => In(CheckpointName);

    /// <summary>Whether an interrupted training has left its tokenizer.</summary>
    public bool HasTokenizer => File.Exists(In(FileNames.Tokenizer));

    // A model of another origin may have a tokenizer too.
    private bool HasModel => File.Exists(In(FileNames.Configuration)) || HasWeights;

    private bool HasWeights => Directory.EnumerateFiles(_path, WeightsPattern).Any();

    public void Create()
    {
        try
        {
            Directory.CreateDirectory(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{_option} is '{_path}', which cannot be created: {exception.Message}");
        }
    }

    /// <summary>Reads the tokenizer's files that an interrupted training has left.</summary>
    public ModelDocuments ReadTokenizer() => ModelDocuments.ReadTokenizer(_path);

    /// <summary>Writes the tokenizer's files, tokenizer.json last: a resumed training finds all of them or none.</summary>
    public void WriteTokenizer(ModelDocuments documents)
    {
        WriteOptional(FileNames.TokenizerConfiguration, documents.TokenizerConfiguration);
        WriteOptional(FileNames.ChatTemplate, documents.ChatTemplate);
        WriteOptional(FileNames.ToolChatTemplate, documents.ToolChatTemplate);
        WriteOptional(FileNames.GenerationConfiguration, documents.GenerationConfiguration);
        WriteOptional(FileNames.Tokenizer, documents.Tokenizer);
    }

    /// <summary>If training did not begin, removes the files of this run, so that the command can be repeated.</summary>
    public void Abandon()
    {
        if (_isInUse || File.Exists(CheckpointFile))
            return;
        foreach (string name in (string[])[
            FileNames.Tokenizer, FileNames.TokenizerConfiguration, FileNames.ChatTemplate, FileNames.GenerationConfiguration])
        {
            File.Delete(In(name));
        }

        string templates = Path.GetDirectoryName(In(FileNames.ToolChatTemplate))!;
        if (Directory.Exists(templates))
            Directory.Delete(templates, recursive: true);
    }

    /// <summary>Writes the losses as a table and as a picture.</summary>
    /// <param name="history">The losses of all steps.</param>
    /// <param name="loss">What the loss is, with its unit.</param>
    public void WriteLosses(IReadOnlyList<TrainingPoint> history, string loss)
    {
        AtomicFile.Write(In(LossesName), LossCurve.ToCsv(history));
        AtomicFile.Write(In("loss.svg"), LossCurve.ToSvg(history, loss));
    }

    /// <summary>Writes the model and removes the checkpoint.</summary>
    /// <param name="save">Writes the model into a folder.</param>
    public void Finish(Action<string> save)
    {
        save(_path);
        File.Delete(CheckpointFile);
    }

    /// <summary>Tells that an earlier run has finished.</summary>
    public void WriteFinished(CommandContext context)
    {
        if (context.Json)
            context.WriteJson(json => json.WriteString("end", "already_completed"));
        else
            context.Console.Text.WriteLine($"The training in '{_path}' has finished; nothing is left to resume.");
    }

    private string In(string name) => Path.Combine(_path, name);

    private void WriteOptional(string name, ReadOnlyMemory<byte> content)
    {
        if (content.IsEmpty)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        AtomicFile.Write(In(name), content);
    }
}
