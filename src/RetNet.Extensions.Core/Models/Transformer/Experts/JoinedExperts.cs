using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer.Experts;

/// <summary>Writes the weights of all experts of a block, or both branches of one, into one tensor, as the files of some architectures
/// have them.</summary>
internal static class JoinedExperts
{
    /// <summary>The tensors of a file.</summary>
    /// <param name="layout">The weights.</param>
    /// <param name="tensors">A tensor for each of them.</param>
    public static IEnumerable<TensorSource> Arrange(DecoderLayout layout, IEnumerable<TensorSource> tensors)
    {
        Dictionary<string, ExpertSlice> slices = layout.Weights.Where(weight => weight.IsJoined)
            .ToDictionary(weight => weight.Name, PlaceOf);
        TensorSource[] all = [.. tensors];
        return all.Where(tensor => !slices.ContainsKey(tensor.Name)).Concat(
            all.Where(tensor => slices.ContainsKey(tensor.Name)).GroupBy(tensor => slices[tensor.Name].Name)
                .Select(parts => Join(parts.Key, [.. parts.Select(part => (part, slices[part.Name]))])));
    }

    private static ExpertSlice PlaceOf(WeightDeclaration weight) => weight.Fused is { } fused
        ? new ExpertSlice(fused.Name, Experts: 0, Expert: 0, (int)fused.Rows, (int)fused.First)
        : weight.Slices[0];

    private static TensorSource Join(string name, (TensorSource Tensor, ExpertSlice Slice)[] parts)
    {
        ExpertSlice first = parts[0].Slice;
        int columns = parts[0].Tensor.Shape is [_, int inputs] ? inputs : 1;
        int[] shape = first.Experts == 0 ? [first.Rows, columns]
            : parts[0].Tensor.Shape.Length == 1 ? [first.Experts, first.Rows]
            : first.IsTransposed ? [first.Experts, columns, first.Rows] : [first.Experts, first.Rows, columns];
        long length = Math.Max(1L, first.Experts) * first.Rows * columns;
        if (length > Array.MaxLength)
            throw new NotSupportedException($"Tensor '{name}' would have {length} values; at most {Array.MaxLength} can be written.");
        return new TensorSource(name, shape, () =>
        {
            float[] values = new float[length];
            foreach ((TensorSource tensor, ExpertSlice slice) in parts)
                Write(tensor.Values(), slice, columns, values);
            return values;
        });
    }

    private static void Write(ReadOnlySpan<float> weight, ExpertSlice slice, int columns, Span<float> all)
    {
        Span<float> expert = all.Slice(slice.Expert * slice.Rows * columns, slice.Rows * columns);
        for (int i = 0; i < weight.Length; i++)
        {
            int row = slice.First + (i / columns * slice.Step), column = i % columns;
            expert[slice.IsTransposed ? (column * slice.Rows) + row : (row * columns) + column] = weight[i];
        }
    }
}
