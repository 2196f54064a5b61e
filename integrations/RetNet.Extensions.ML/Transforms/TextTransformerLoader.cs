using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Reads the transformers of pretrained text models from a model archive.</summary>
internal static class TextTransformerLoader
{
    /// <summary>Reads options and model, checks them and chooses a device.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    public static ITransformer Load<TOptions>(
        IHostEnvironment environment, ModelLoadContext context, VersionInfo version,
        Func<IHost, HeldModel, TOptions, RetNetTransformer> create)
        where TOptions : RetNetTextOptions
    {
        IHost host = environment.Register(version.LoaderSignature);
        ArchiveReader archive = new(context, version);
        TOptions options = archive.ReadSettings<TOptions>();
        Check(options.Validate);
        return Device.Load(host, options.GpuDeviceId, options.FallbackToCpu, options.LoadOptions, archive.ReadModel).HandTo(model =>
        {
            Check(() => options.CheckModel(model));
            return create(host, model, options);
        });
    }

    private static void Check(Action check)
    {
        try
        {
            check();
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(
                $"The model archive is damaged: the values of '{ArchiveNames.Settings}' are out of range "
                    + $"({exception.Message}).", exception);
        }
    }
}
