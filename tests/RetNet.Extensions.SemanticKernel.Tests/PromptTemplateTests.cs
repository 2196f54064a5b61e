using Microsoft.SemanticKernel;

namespace RetNet.Extensions.SemanticKernel.Tests;

public class PromptTemplateTests
{
    private readonly FakeChatClient _client = new();
    private readonly Kernel _kernel;

    public PromptTemplateTests()
    {
        _kernel = FakeKernel.Over(_client);
        _kernel.ImportPluginFromFunctions("text",
        [
            KernelFunctionFactory.CreateFromMethod((string input) => input.ToUpperInvariant(), "upper"),
            KernelFunctionFactory.CreateFromMethod((string input, string mark = "!", int times = 1) => input + string.Concat(Enumerable.Repeat(mark, times)), "end"),
            KernelFunctionFactory.CreateFromMethod(() => 1.5, "number"),
            KernelFunctionFactory.CreateFromMethod(() => (string?)null, "nothing"),
        ]);
    }

    [Theory]
    [InlineData("Hello {{$name}}!", "Hello Ada!")]
    [InlineData("Hello {{ $NAME }}!", "Hello Ada!")]
    [InlineData("Hello {{$unknown}}!", "Hello !")]
    [InlineData("{{$code}}", "a &lt; b")]
    [InlineData("{{text.upper $name}}", "ADA")]
    [InlineData("{{upper 'bob'}}", "BOB")]
    [InlineData("{{text.end $name}}", "Ada!")]
    [InlineData("{{text.end $name mark='?' times=\"2\"}}", "Ada??")]
    [InlineData("{{text.end input=$name mark = '?'}}", "Ada?")]
    [InlineData("{{text.number}}", "1.5")]
    [InlineData("[{{text.nothing}}]", "[]")]
    [InlineData("{{'single'}} {{\"double\"}}", "single double")]
    [InlineData("{{text.upper 'a \\'b\\' }} \\\\'}}", "A &#39;B&#39; }} \\")]
    [InlineData("{{ {{$name}}", "{{ Ada")]
    [InlineData("{{}} {{ }}", "{{}} {{ }}")]
    [InlineData("{{$name", "{{$name")]
    [InlineData("$name }} {", "$name }} {")]
    [InlineData("{{'not closed}}\"}}", "{{'not closed}}\"}}")]
    [InlineData("{{{$name}}}", "{Ada}")]
    public async Task A_template_renders(string template, string expected)
    {
        await _kernel.InvokePromptAsync(template, new KernelArguments { ["name"] = "Ada", ["code"] = "a < b" });

        Assert.Equal(expected, _client.Prompt);
    }

    [Theory]
    [InlineData("{{$}}")]
    [InlineData("{{$na-me}}")]
    [InlineData("{{$name $code}}")]
    [InlineData("{{'value' $name}}")]
    [InlineData("{{a.b.c}}")]
    [InlineData("{{text.upper 'a' 'b'}}")]
    [InlineData("{{text.upper 'a'mark='b'}}")]
    [InlineData("{{text.upper $name mark=b}}")]
    [InlineData("{{text.upper $name b}}")]
    [InlineData("{{text-upper $name}}")]
    [InlineData("{{mark='b'}}")]
    public void A_template_with_an_error_is_refused(string template)
        => Assert.Throws<KernelException>(() => _kernel.CreateFunctionFromPrompt(template));

    [Fact]
    public async Task An_unknown_function_is_named()
    {
        var exception = await Assert.ThrowsAsync<KeyNotFoundException>(() => _kernel.InvokePromptAsync("{{text.lower $name}}"));

        Assert.Contains("lower", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{text.number 'a'}}")]
    [InlineData("{{text.upper 'a' input='b'}}")]
    public async Task Arguments_that_a_function_does_not_take_are_refused(string template)
        => await Assert.ThrowsAsync<ArgumentException>(() => _kernel.InvokePromptAsync(template));

    [Fact]
    public async Task A_template_leaves_the_arguments_as_they_were()
    {
        var arguments = new KernelArguments { ["name"] = "Ada" };

        await _kernel.InvokePromptAsync("{{text.end $name mark='?'}}", arguments);

        Assert.Equal(["name"], arguments.Names);
    }

    [Fact]
    public async Task An_input_variable_has_a_default_and_may_be_trusted()
    {
        var function = _kernel.CreateFunctionFromPrompt(new PromptTemplateConfig("{{$a}} {{$b}} {{$c}}")
        {
            Name = "letters",
            InputVariables =
            [
                new InputVariable { Name = "a", Default = "<a>" },
                new InputVariable { Name = "b", Default = "<b>", AllowDangerouslySetContent = true },
            ],
        });

        await _kernel.InvokeAsync(function, new KernelArguments { ["c"] = 3 });

        Assert.Equal("&lt;a&gt; <b> 3", _client.Prompt);
        Assert.Equal(["a", "b", "c"], function.Metadata.Parameters.Select(parameter => parameter.Name));
    }

    [Fact]
    public void An_unknown_template_format_is_refused()
        => Assert.Throws<KernelException>(() => _kernel.CreateFunctionFromPrompt("x", templateFormat: "mustache"));
}
