using Microsoft.Extensions.Options;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.Encoder;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>
/// Checks when a host starts that there is a model where its options say: its configuration, its tokenizer and the headers of its weights.
/// </summary>
/// <remarks>The options themselves are checked whenever they are used, and are refused for good. Without a host, the load finds what is
/// wrong with the files, and the next use tries again.</remarks>
/// <param name="models">The options of the models.</param>
internal sealed class ModelFilesValidator(IOptionsMonitor<RetNetOptions> models) : IValidateOptions<ModelFiles>
{
    public ValidateOptionsResult Validate(string? name, ModelFiles options)
    {
        RetNetOptions model;
        try
        {
            model = models.Get(name);
        }
        catch (OptionsValidationException)
        {
            // They are validated at start, too.
            return ValidateOptionsResult.Skip;
        }

        return Failure(model.FullModelPath!) is { } failure
            ? ValidateOptionsResult.Fail($"{RetNetOptionsValidator.Describe(name)}: {nameof(model.ModelPath)} is '{model.ModelPath}', "
                + $"where there is no model: {failure}")
            : ValidateOptionsResult.Success;
    }

    private static string? Failure(string path)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            if (!EncoderModel.IsIn(checkpoint))
                _ = ModelFamily.Of(checkpoint);
            return ModelDocuments.ReadTokenizer(path).Tokenizer.IsEmpty
                ? $"{path}: found no tokenizer.json; expected the model's tokenizer."
                : null;
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}

/// <summary>Stands for the files of the model of a name, so that they are validated like options when a host starts.</summary>
internal sealed class ModelFiles;
