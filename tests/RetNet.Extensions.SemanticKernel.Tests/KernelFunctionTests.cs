using System.ComponentModel;
using Microsoft.SemanticKernel;

namespace RetNet.Extensions.SemanticKernel.Tests;

public class KernelFunctionTests
{
    private readonly Kernel _kernel = new();

    [Fact]
    public async Task Arguments_are_converted_to_the_parameters_types()
    {
        var function = _kernel.CreateFunctionFromMethod((int a, double b, bool c, string d) => $"{a + 1} {b.ToString("F1", null)} {c} {d}", "join");

        var result = await function.InvokeAsync(_kernel, new KernelArguments { ["a"] = "41", ["b"] = 2.5, ["c"] = "true", ["D"] = 4 });

        Assert.Equal("42 2.5 True 4", result.GetValue<string>());
    }

    [Fact]
    public async Task A_missing_argument_is_named()
    {
        var function = _kernel.CreateFunctionFromMethod((string name) => name, "greet");

        var exception = await Assert.ThrowsAsync<KernelException>(() => function.InvokeAsync(_kernel));

        Assert.Contains("'name'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tasks_are_awaited_and_the_kernel_gives_itself_and_the_token()
    {
        var function = _kernel.CreateFunctionFromMethod(
            async (Kernel kernel, CancellationToken token) =>
            {
                await Task.Yield();
                return ReferenceEquals(kernel, _kernel) && token == CancellationToken.None;
            },
            "check");

        Assert.True(await function.InvokeAsync<bool>(_kernel));
        Assert.Empty(function.Metadata.Parameters);
    }

    [Fact]
    public async Task A_plugin_offers_the_marked_methods()
    {
        var plugin = _kernel.ImportPluginFromType<Clock>();

        Assert.Equal("Clock", plugin.Name);
        Assert.Equal(["Minutes", "seconds"], plugin.Select(function => function.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Seconds in some minutes.", plugin["seconds"].Description);
        Assert.Equal("Clock", plugin["seconds"].PluginName);
        Assert.Equal(120, await _kernel.InvokeAsync<int>("Clock", "Seconds", new KernelArguments { ["minutes"] = 2 }));
        Assert.Equal(2, await _kernel.InvokeAsync<int>("clock", "minutes", new KernelArguments { ["seconds"] = 120 }));
    }

    [Fact]
    public async Task A_value_of_another_type_is_refused()
    {
        var result = await _kernel.CreateFunctionFromMethod(() => 1, "one").InvokeAsync(_kernel);

        Assert.Throws<InvalidCastException>(result.GetValue<string>);
        Assert.Equal("1", result.ToString());
    }

    [Fact]
    public async Task A_function_streams_its_values()
    {
        var function = _kernel.CreateFunctionFromMethod(Count, "count");
        var values = new List<int>();

        await foreach (int value in _kernel.InvokeStreamingAsync<int>(function))
            values.Add(value);

        Assert.Equal([1, 2], values);

        static async IAsyncEnumerable<int> Count()
        {
            yield return 1;
            await Task.Yield();
            yield return 2;
        }
    }

    [Fact]
    public void A_plugin_is_added_once()
    {
        _kernel.ImportPluginFromFunctions("a");

        Assert.Throws<ArgumentException>(() => _kernel.ImportPluginFromFunctions("A"));
        Assert.Throws<ArgumentException>(() => _kernel.ImportPluginFromFunctions("not-a-name"));
    }

    private sealed class Clock
    {
        [KernelFunction("seconds")]
        [Description("Seconds in some minutes.")]
        public static int SecondsOf(int minutes) => minutes * 60;

        [KernelFunction]
        public static async Task<int> MinutesAsync(int seconds)
        {
            await Task.Yield();
            return seconds / 60;
        }

        public static int Unmarked() => 0;
    }
}
