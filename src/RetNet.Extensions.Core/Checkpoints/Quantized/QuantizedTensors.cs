using System.Text.Json;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>Checkpoints whose config.json has a quantization_config: their matrices appear under the names and in the shapes that they have
/// in a checkpoint that is not quantised, and are computed when they are read.</summary>
internal static class QuantizedTensors
{
    private const string Option = "quantization_config";
    private const string Expected =
        "fp8, gptq, awq, compressed-tensors or bitsandbytes: load it with transformers and save it dequantised, "
        + "or convert it to GGUF";

    /// <summary>The checkpoint with plain tensors, which owns the other one; the same one where nothing is quantised.</summary>
    /// <param name="checkpoint">The checkpoint; it is disposed if this fails.</param>
    /// <exception cref="CheckpointException">The method is not supported, or a tensor contradicts it.</exception>
    public static Checkpoint Widen(Checkpoint checkpoint)
    {
        try
        {
            ConfigurationReader options = new(checkpoint.Configuration, checkpoint.ConfigurationFile);
            if (options.OptionalObject(Option) is not { } quantization)
                return checkpoint;
            string method = quantization.OptionalText("quant_method") ?? "";

            // The experts of gpt-oss are read where they are.
            if (method == "mxfp4")
                return checkpoint;
            TensorSet tensors = new(checkpoint, TypeOf(options));
            switch (method)
            {
                case "fp8":
                    ScaledFloats.Read(tensors, quantization);
                    break;
                case "gptq":
                    GptqMatrices.Read(tensors, quantization);
                    break;
                case "awq":
                    AwqMatrices.Read(tensors, quantization);
                    break;
                case "compressed-tensors":
                    CompressedMatrices.Read(tensors, quantization);
                    break;
                case "bitsandbytes":
                    BitsAndBytesMatrices.Read(tensors);
                    break;
                default:
                    throw quantization.TextFault("quant_method", Expected);
            }

            return checkpoint.With(tensors.Result, [], Without(checkpoint.Configuration, Option));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    // The type that transformers computes the model in.
    private static TensorType TypeOf(ConfigurationReader options) =>
        (options.OptionalText("dtype") ?? options.OptionalText("torch_dtype")) switch
        {
            "bfloat16" => TensorType.BFloat16,
            "float16" => TensorType.Float16,
            _ => TensorType.Float32,
        };

    private static JsonElement Without(JsonElement configuration, string option)
    {
        System.Buffers.ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content))
        {
            json.WriteStartObject();
            foreach (JsonProperty property in configuration.EnumerateObject().Where(property => property.Name != option))
                property.WriteTo(json);
            json.WriteEndObject();
        }

        return JsonElement.Parse(content.WrittenSpan);
    }
}
