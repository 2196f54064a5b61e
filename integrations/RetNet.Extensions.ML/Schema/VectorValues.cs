using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Schema;

/// <summary>Writes vectors for ML.NET.</summary>
internal static class VectorValues
{
    /// <summary>Copies values into a dense vector, reusing its memory if that is long enough.</summary>
    public static void Write<T>(T[] values, ref VBuffer<T> vector)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref vector, values.Length);
        values.CopyTo(editor.Values);
        vector = editor.Commit();
    }

    /// <summary>A getter that always gives the same values.</summary>
    public static ValueGetter<VBuffer<T>> Getter<T>(T[] values) => (ref VBuffer<T> vector) => Write(values, ref vector);
}
