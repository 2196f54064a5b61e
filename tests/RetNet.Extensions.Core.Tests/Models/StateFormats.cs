using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Models;

/// <summary>The formats that the states of a family have.</summary>
internal static class StateFormats
{
    /// <summary>All but what a RetNet refuses.</summary>
    public static IEnumerable<StateFormat> Of(string family) =>
        Enum.GetValues<StateFormat>().Where(format => format != StateFormat.Int8 || family is not ("fla" or "torchscale"));
}
