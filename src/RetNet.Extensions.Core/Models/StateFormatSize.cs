using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models;

/// <summary>How large a value is in a state.</summary>
internal static class StateFormatSize
{
    /// <summary>Bytes of a value.</summary>
    /// <param name="format">Its format.</param>
    public static int ValueBytes(this StateFormat format) => format == StateFormat.BFloat16 ? sizeof(ushort) : sizeof(float);
}
