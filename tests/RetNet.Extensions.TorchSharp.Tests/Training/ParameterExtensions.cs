using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.TorchSharp.Tests.Training;

/// <summary>Parameters of any device on the host.</summary>
internal static class ParameterExtensions
{
    public static float[] ReadGradient(this Parameter parameter)
    {
        float[] gradient = new float[parameter.Length];
        parameter.CopyGradientTo(gradient);
        return gradient;
    }

    public static float[] ReadValues(this Parameter parameter)
    {
        float[] values = new float[parameter.Length];
        parameter.CopyValuesTo(values);
        return values;
    }

    /// <summary>Asserts that two models have the same gradients apart from rounding.</summary>
    public static void AssertSameGradients(TrainableModel expected, TrainableModel actual, float tolerance = 2e-5f)
    {
        Assert.Equal(expected.Parameters.Select(parameter => parameter.Name), actual.Parameters.Select(parameter => parameter.Name));
        foreach ((Parameter e, Parameter a) in expected.Parameters.Zip(actual.Parameters))
        {
            float[] gradient = e.ReadGradient();
            float largest = gradient.Max(Math.Abs);
            float distance = Models.Distance(gradient, a.ReadGradient());
            Assert.True(distance <= 1e-6f + (tolerance * largest), $"gradient of {e.Name}: differs by {distance:G3}, largest {largest:G3}");
        }
    }
}
