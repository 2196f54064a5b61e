namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The tensors of a GGUF file as transformers' checkpoints have them.</summary>
internal static class GgufTensors
{
    // Queries, keys and values in one tensor, as llama.cpp's converter writes them on request.
    private const string FusedProjection = "attn_qkv.";

    /// <summary>The weights under the model's names.</summary>
    /// <exception cref="CheckpointException">Two tensors of the file are the same weight.</exception>
    public static Dictionary<string, TensorView> Read(GgufFile file, GgufConfiguration configuration)
    {
        GgufTensorNames names = configuration.Architecture.TensorNames;
        Dictionary<string, TensorView> tensors = [];
        foreach (TensorView stored in file.Tensors.Where(tensor => !GgufRotation.IsDivisors(tensor.Name)))
        {
            RequireNoScale(stored);
            foreach (TensorView part in Parts(stored, configuration))
            {
                TensorView tensor = AsInModel(part, configuration).Renamed(names.InModel(part.Name));
                if (!tensors.TryAdd(tensor.Name, tensor))
                {
                    string name = CheckpointException.Quote(names.InFile(tensor.Name));
                    throw CheckpointException.ForTensor(stored.File, tensor.Name, $"two tensors for it, one of them {name}", "one");
                }
            }
        }

        return tensors;
    }

    // Converters of published NVFP4 checkpoints write a factor of the whole tensor beside it.
    private static void RequireNoScale(TensorView tensor)
    {
        if (tensor.Name.EndsWith(".scale", StringComparison.Ordinal))
        {
            throw CheckpointException.ForTensor(tensor.File, tensor.Name, "the scale of a whole tensor, as NVFP4 has it",
                "tensors without one, converted to Q8_0 or Q4_K");
        }
    }

    // A projection that the model has in three parts.
    private static IEnumerable<TensorView> Parts(TensorView tensor, GgufConfiguration configuration)
    {
        int at = tensor.Name.IndexOf(FusedProjection, StringComparison.Ordinal);
        int queries = configuration.Heads * configuration.HeadWidth, keys = configuration.KeyValueHeads * configuration.HeadWidth;
        bool isWhole = at < 0 || configuration.Architecture.TensorNames.InModel(tensor.Name) != tensor.Name
            || tensor.Shape.Length == 0 || tensor.Shape[0] != queries + (2 * keys);
        if (isWhole)
            return [tensor];
        string Name(string projection) => tensor.Name.Replace(FusedProjection, projection, StringComparison.Ordinal);
        return
        [
            tensor.Leading(0, queries).Renamed(Name("attn_q.")), tensor.Leading(queries, keys).Renamed(Name("attn_k.")),
            tensor.Leading(queries + keys, keys).Renamed(Name("attn_v.")),
        ];
    }

    // llama.cpp keeps the rows of rotated projections of some architectures in the order of neighbouring pairs, and adds 1 to norms.
    private static TensorView AsInModel(TensorView tensor, GgufConfiguration configuration)
    {
        if (configuration.Architecture.AddsOneToNorms && tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal))
            return OneLess.Of(tensor);

        // A vector where the quantizer wrote it, which adapters find as the matrix that it is.
        if (tensor.Shape.Length == 1 && tensor.Name.EndsWith($".{GgufExperts.SharedGate}", StringComparison.Ordinal))
            return tensor.Part(0, [1, tensor.Shape[0]]);
        if (!configuration.Architecture.RotatesNeighbours || !GgufTensorNames.IsRotated(tensor.Name) || tensor.Shape.Length == 0
            || tensor.ElementCount == 0 || tensor.Shape[0] % configuration.HeadWidth != 0)
        {
            return tensor;
        }

        HalfSplitRows rows = new(tensor, configuration.HeadWidth);
        return new TensorView(rows, tensor.Name, tensor.Type, tensor.Shape.ToArray(), offset: 0, tensor.ByteLength);
    }
}
