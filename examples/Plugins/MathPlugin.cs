using System.ComponentModel;
using Microsoft.SemanticKernel;

/// <summary>Calculates.</summary>
internal sealed class MathPlugin
{
    [KernelFunction, Description("Adds two numbers.")]
    public double CalculateSum(double a, double b) => a + b;
}
