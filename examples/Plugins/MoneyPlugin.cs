using System.ComponentModel;
using Microsoft.SemanticKernel;

/// <summary>Knows prices.</summary>
internal sealed class MoneyPlugin
{
    [KernelFunction, Description("Tells the price of an item.")]
    public string GetPrice(string item) => item.Contains("lamp", StringComparison.Ordinal) ? "12 euros" : "30 euros";
}
