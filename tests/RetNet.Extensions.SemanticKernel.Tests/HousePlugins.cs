using System.ComponentModel;
using Microsoft.SemanticKernel;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>The plugins whose calls the model of tests/models/calls-by-heart knows.</summary>
internal static class HousePlugins
{
    /// <summary>Adds them to a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="calls">Receives each call.</param>
    public static void AddTo(Kernel kernel, List<string> calls)
    {
        kernel.Plugins.AddFromObject(new Clock(calls), "Clock");
        kernel.Plugins.AddFromObject(new Lights(calls), "Lights");
        kernel.Plugins.AddFromObject(new Shop(calls), "Shop");
    }

    private sealed class Clock(List<string> calls)
    {
        [KernelFunction, Description("Tells the time.")]
        public string Now(string zone)
        {
            calls.Add($"Now {zone}");
            return "noon";
        }
    }

    private sealed class Lights(List<string> calls)
    {
        [KernelFunction, Description("Switches the light of a room.")]
        public string Switch(string room, bool on)
        {
            calls.Add($"Switch {room} {on}");
            return "done";
        }
    }

    private sealed class Shop(List<string> calls)
    {
        [KernelFunction, Description("Tells the price of an item.")]
        public string Price(string item)
        {
            calls.Add($"Price {item}");
            return "12 euros";
        }

        [KernelFunction, Description("Orders an item.")]
        public string Order(string item, int count)
        {
            calls.Add($"Order {item} {count}");
            return "ordered";
        }
    }
}
