using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>Adapters as llama.cpp's convert_lora_to_gguf.py writes them.</summary>
internal static class GgufLora
{
    private const string Down = ".lora_a";
    private const string Up = ".lora_b";
    private const string Norm = "_norm.weight";

    /// <inheritdoc cref="LoraAdapter.Open"/>
    public static LoraAdapter Open(string path, float scale, Checkpoint model)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return Read(path, file, scale, model);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static LoraAdapter Read(string path, GgufFile file, float scale, Checkpoint model)
    {
        const double largestAlpha = 1 << 24;
        ConfigurationReader options = file.Metadata.Options;
        RequireText(options, "general.type", "adapter");
        RequireText(options, "adapter.type", "lora");
        options.Refuse("adapter.alora.invocation_tokens");
        double alpha = options.OptionalNumber("adapter.lora.alpha", -largestAlpha, largestAlpha) ?? 0;
        GgufArchitecture architecture = GgufArchitectures.Of(file);
        int? headWidth = architecture.RotatesNeighbours ? HeadWidth(model) : null;

        Dictionary<string, TensorView> tensors = [];
        foreach (TensorView tensor in file.Tensors)
        {
            if (!tensors.TryAdd(tensor.Name, tensor))
                throw CheckpointException.ForTensor(path, tensor.Name, "two tensors of that name", "one");
        }

        Dictionary<string, LowRankUpdate> updates = [];
        Dictionary<string, TensorView> replaced = [];
        foreach ((string name, TensorView tensor) in tensors)
        {
            // Adapters that were extracted from a trained model have its norms whole.
            if (name.EndsWith(Norm, StringComparison.Ordinal))
            {
                replaced.Add(architecture.TensorNames.InModel(name), architecture.AddsOneToNorms ? OneLess.Of(tensor) : tensor);
                continue;
            }

            bool isDown = name.EndsWith(Down, StringComparison.Ordinal);
            if (!isDown && !name.EndsWith(Up, StringComparison.Ordinal))
            {
                throw CheckpointException.ForTensor(
                    path, name, "a tensor that is no part of LoRA", $"names that end with {Down}, {Up} or {Norm}");
            }

            string matrix = name[..^Down.Length];
            string other = matrix + (isDown ? Up : Down);
            if (!tensors.TryGetValue(other, out TensorView? otherTensor))
                throw CheckpointException.ForTensor(path, other, "no such tensor", $"the other factor of {name}");
            if (isDown)
                updates.Add(architecture.TensorNames.InModel(matrix), Update(matrix, tensor, otherTensor));
        }

        return new LoraAdapter(path, file, updates, replaced, model);

        LowRankUpdate Update(string matrix, TensorView down, TensorView up)
        {
            // The factors of an embedding are those of its transpose, the first of them transposed.
            bool isEmbedding = matrix == GgufFile.Embedding;
            Factor a = isEmbedding ? new Factor(up, true) : new Factor(down);
            Factor b = isEmbedding ? new Factor(down) : new Factor(AsInModel(matrix, up));
            float factor = alpha == 0 || a.Rows == 0 ? 1 : (float)(alpha / a.Rows);
            return new LowRankUpdate(a, b, scale * factor);
        }

        // Rows of query and key heads are in the order of those of the matrix.
        TensorView AsInModel(string matrix, TensorView up)
        {
            if (headWidth is not { } width || !GgufTensorNames.IsRotated(matrix) || up.Shape.Length != 2 || up.ElementCount == 0
                || up.Shape[0] % width != 0)
            {
                return up;
            }

            return new TensorView(new HalfSplitRows(up, width), up.Name, up.Type, up.Shape.ToArray(), offset: 0, up.ByteLength);
        }
    }

    private static int HeadWidth(Checkpoint model)
    {
        ConfigurationReader options = new(model.Configuration, model.ConfigurationFile);
        int? width = options.OptionalInteger("head_dim", 2, ConfigurationReader.MaximumWidth);
        return width ?? options.Integer("hidden_size", 1, ConfigurationReader.MaximumWidth)
            / options.Integer("num_attention_heads", 1, ConfigurationReader.MaximumWidth);
    }

    private static void RequireText(ConfigurationReader options, string key, string expected)
    {
        if (options.OptionalText(key) != expected)
            throw options.TextFault(key, $"{expected}, as in a LoRA adapter");
    }
}
