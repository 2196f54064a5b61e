using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>A row of wide data: a whole series.</summary>
internal sealed class WideRow
{
    public string Name { get; set; } = "";

    public float[] Values { get; set; } = [];

    [VectorType(10)]
    public double[] Doubles { get; set; } = new double[10];
}
