using System.Text;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Training;

/// <summary>Brings a trained model into the form that everything else reads: safetensors and a Hugging Face folder.</summary>
public static class TrainedModelWriter
{
    /// <summary>The tensors of a model under their names in a checkpoint, those that are not trained included.</summary>
    /// <param name="model">The model; it must outlive the use of the tensors.</param>
    /// <returns>The tensors.</returns>
    public static IEnumerable<TensorSource> Tensors(TrainableModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Parameters.Concat(model.Buffers).Select(Tensor);
    }

    /// <summary>One parameter as a tensor to be written.</summary>
    /// <param name="parameter">The parameter; its owner must outlive the use of the tensor.</param>
    /// <returns>The tensor.</returns>
    public static TensorSource Tensor(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return new TensorSource(parameter.Name, parameter.Shape, () => parameter.Values);
    }

    /// <summary>Content of config.json for a model.</summary>
    /// <param name="model">The model.</param>
    /// <returns>JSON in UTF-8.</returns>
    public static byte[] Configuration(TrainableModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Encoding.UTF8.GetBytes(model.ConfigurationJson());
    }

    /// <summary>Writes a Hugging Face folder.</summary>
    /// <param name="folder">The folder; it is created if need be.</param>
    /// <param name="model">The model: weights in float32, and config.json.</param>
    /// <param name="documents">The other documents, such as the tokenizer's; their configuration is not used.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, TrainableModel model, ModelDocuments documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ModelFolder.Write(folder, documents with { Configuration = Configuration(model) }, Tensors(model));
    }
}
