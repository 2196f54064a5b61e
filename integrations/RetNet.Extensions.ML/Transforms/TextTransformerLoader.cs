using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Reads the transformers of pretrained text models from a model archive.</summary>
internal static class TextTransformerLoader
{
    /// <summary>Reads options and model, checks them and chooses a device.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    public static ITransformer Load<TOptions>(
        IHost host, ArchiveReader archive, Func<HeldModel, TOptions, RetNetTransformer> create)
        where TOptions : RetNetTextOptions
    {
        TOptions options = archive.ReadSettings<TOptions>();
        Check(options.Validate);
        HeldModel read = Device.Load(
            host, options.GpuDeviceId, options.FallbackToCpu, options.LoadOptions, load => HeldModel.Read(archive, load));
        return read.HandTo(model =>
        {
            Check(() => options.CheckModel(model));
            return create(model, options);
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
