using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models;

/// <summary>How large a value is in a state.</summary>
internal static class StateFormatSize
{
    /// <summary>Bytes of a value.</summary>
    /// <param name="format">Its format.</param>
    public static int ValueBytes(this StateFormat format) => format switch
    {
        StateFormat.Int8 => sizeof(sbyte),
        StateFormat.BFloat16 => sizeof(ushort),
        _ => sizeof(float),
    };

    /// <summary>Bytes of what the values of a row are multiplied by.</summary>
    /// <param name="format">The row's format.</param>
    public static int ScaleBytes(this StateFormat format) => format == StateFormat.Int8 ? sizeof(ushort) : 0;

    /// <summary>Bytes of a row of a head, its scale included.</summary>
    /// <param name="format">Its format.</param>
    /// <param name="width">Its values.</param>
    public static int RowBytes(this StateFormat format, int width) => (width * format.ValueBytes()) + format.ScaleBytes();
}
