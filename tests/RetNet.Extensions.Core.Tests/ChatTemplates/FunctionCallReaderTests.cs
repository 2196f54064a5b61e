using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

public sealed class FunctionCallReaderTests
{
    private static readonly JsonElement[] Functions =
    [
        JsonElement.Parse("""{"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}"""),
        JsonElement.Parse("""{"name": "time"}"""),
    ];

    [Theory]
    [InlineData("""<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>""", "")]
    [InlineData("Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>", "Let me see.\n")]
    [InlineData("""{"name": "weather", "parameters": {"city": "Rome"}}""", "")]
    [InlineData("""  {"name": "weather", "arguments": {"city": "Rome"}}""", "")]
    [InlineData("""<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}""", "")]
    public void A_call_is_found_however_the_text_is_cut(string text, string plain)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            (string rest, IReadOnlyList<FunctionCall> calls) = Read(text, size);

            Assert.Equal(plain, rest);
            FunctionCall call = Assert.Single(calls);
            Assert.Equal("weather", call.Name);
            Assert.NotEmpty(call.Id);
            Assert.Equal("Rome", call.Arguments.GetProperty("city").GetString());
        }
    }

    [Theory]
    [InlineData("No call here, <tool> or <tool_call at most.")]
    [InlineData("<tool_call>{not json}</tool_call> and more")]
    [InlineData("<tool_call>{\"name\": 1, \"arguments\": {}}</tool_call>")]
    [InlineData("<tool_call>{\"name\": \"weather\", \"arguments\": \"Rome\"}</tool_call>")]
    [InlineData("<tool_call>{\"name\": \"\\ud800\", \"arguments\": {}}</tool_call>")]
    [InlineData("<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": [\"\\ud800\"]}}</tool_call>")]
    [InlineData("{\"name\": \"Ann\", \"parameters\": {}}")]
    [InlineData("{\"a\": 1} is an object")]
    [InlineData("   ")]
    [InlineData("<tool_call>")]
    [InlineData("")]
    public void What_is_no_call_stays_text(string text)
    {
        for (int size = 1; size <= Math.Max(1, text.Length); size++)
        {
            (string rest, IReadOnlyList<FunctionCall> calls) = Read(text, size);

            Assert.Equal(text, rest);
            Assert.Empty(calls);
        }
    }

    [Fact]
    public void Several_calls_are_several_unless_one_is_asked_for()
    {
        const string text =
            """<tool_call>{"name":"weather","arguments":{}}</tool_call>  <tool_call>{"name":"time","arguments":{}}</tool_call>""";

        Assert.Equal("", Read(text, 5).Text);
        Assert.Equal(["weather", "time"], Read(text, 5).Calls.Select(call => call.Name));
        Assert.Equal(["weather"], Read(text, 5, several: false).Calls.Select(call => call.Name));
    }

    [Fact]
    public void Text_that_cannot_become_a_call_is_let_through_at_once()
    {
        FunctionCallReader reader = CallTemplates.Of(KnownForms.All[0].Form).CreateReader(Functions);

        Assert.Equal("The sun ", reader.Add("The sun "));
        Assert.Equal("is 1 ", reader.Add("is 1 <tool"));
        Assert.Equal("<tool> ", reader.Add("> "));
    }

    [Fact]
    public void An_object_is_let_through_as_soon_as_it_can_no_longer_be_a_call()
    {
        foreach (CallForm form in KnownForms.All.Select(known => known.Form))
        {
            FunctionCallReader reader = CallTemplates.Of(form).CreateReader(Functions);

            Assert.Equal("", reader.Add("{\"na"));
            Assert.Equal("{\"nation\": ", reader.Add("tion\": "));
            Assert.Equal("\"Peru\"", reader.Add("\"Peru\""));
        }
    }

    [Theory]
    [InlineData("json", "{\"name\": \"weather\", \"parameters\": {\"city\": \"", "\"}}")]
    [InlineData("tagged", "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"", "\"}}\n</tool_call>")]
    [InlineData("named", "<function=weather>{\"city\": \"", "\"}</function>")]
    public void Reading_the_arguments_of_a_call_allocates_nothing_for_each_character(string family, string start, string end)
    {
        FunctionCallReader reader = CallTemplates.Learn(family).CreateReader(Functions);
        reader.Add(start);
        for (int i = 0; i < 100; i++)
            reader.Add("a");

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 2000; i++)
            reader.Add("a");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
        Assert.Equal("", reader.Add(end) + reader.Finish());
        Assert.Single(reader.Calls);
    }

    [Property]
    public void Text_without_tags_and_braces_comes_out_as_it_went_in(string? text, byte size)
    {
        string plain = (text ?? "").Replace('{', '(').Replace('<', '(');

        Assert.Equal(plain, Read(plain, size + 1).Text);
    }

    [Theory]
    [InlineData("<|tool_call|>[{\"name\": \"time\", \"arguments\": {}}, {\"name\": \"weather\", \"argu", "time")]
    [InlineData("<|tool_call|>[{\"name\": \"time\", \"arguments\": {}}, {\"name\": \"weather\", \"arguments\": {}},", "time weather")]
    [InlineData("[{\"name\": \"time\", \"arguments\": {}}", "time")]
    public void A_list_that_is_cut_has_the_calls_that_are_whole(string text, string names)
    {
        foreach (string family in (string[])["described list", "tagged", "json"])
        {
            for (int size = 1; size <= text.Length; size++)
            {
                FunctionCallReader reader = CallTemplates.Learn(family).CreateReader(Functions);
                StringBuilder plain = new();
                for (int start = 0; start < text.Length; start += size)
                    plain.Append(reader.Add(text.Substring(start, Math.Min(size, text.Length - start))));
                plain.Append(reader.Finish());

                Assert.Equal(("", names), (plain.ToString(), string.Join(' ', reader.Calls.Select(call => call.Name))));
            }
        }
    }

    [Theory]
    [InlineData("tagged", "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>\n<tool_call>{\"name\": \"weather\", \"arg")]
    [InlineData("tagged", "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>\n<tool_call>{\"na")]
    [InlineData("tagged", "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>\n<tool_c")]
    [InlineData("tagged", "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>\n<tool_call>")]
    [InlineData("tagged", "{\"name\": \"time\", \"arguments\": {}}; {\"name\": \"weather\", \"arg")]
    [InlineData("json", "{\"name\": \"time\", \"arguments\": {}}; {\"name\": \"weather\", \"arg")]
    [InlineData("xml", "<tool_call>\n<function=time>\n</function>\n</tool_call>\n<tool_call>\n<function=weather>\n<param")]
    [InlineData("xml", "<tool_call>\n<function=time>\n</function>\n</tool_call>\n<tool_call>\n<function=")]
    [InlineData("xml", "<tool_call>\n<function=time>\n</function>\n</tool_call>\n<tool_call>\n<function=wea")]
    [InlineData("xml", "<tool_call>\n<function=time>\n</function>\n</tool_call>\n<function=wea")]
    [InlineData("named", "<function=time>{}</function><function=wea")]
    [InlineData("marked with ids", "[TOOL_CALLS]time[CALL_ID]abcdefghi[ARGS]{}[TOOL_CALLS]")]
    [InlineData("marked with ids", "[TOOL_CALLS]time[CALL_ID]abcdefghi[ARGS]{}[TOOL_CALLS]wea")]
    public void A_further_call_that_is_cut_is_no_text(string family, string text)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            FunctionCallReader reader = CallTemplates.Learn(family).CreateReader(Functions);
            StringBuilder plain = new();
            for (int start = 0; start < text.Length; start += size)
                plain.Append(reader.Add(text.Substring(start, Math.Min(size, text.Length - start))));
            plain.Append(reader.Finish());

            Assert.Equal(("", "time"), (plain.ToString(), string.Join(' ', reader.Calls.Select(call => call.Name))));
        }
    }

    [Theory]
    [InlineData("functools[", "functools[{\"name\": \"time\", \"arguments\": {}}]", "That is the proof")]
    [InlineData("<tool_call>", "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>", "Here, 1 <")]
    [InlineData("<tool_call><function=", "<tool_call>\n<function=time>\n</function>\n</tool_call>", "A tag begins so: <f")]
    [InlineData("[TOOL_CALLS]", "[TOOL_CALLS][{\"name\": \"time\", \"arguments\": {}}]", "A list begins so: [")]
    [InlineData("<tool_call>", "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>", "A call begins so: <tool_call>")]
    [InlineData("<tool_call><function=", "<tool_call>\n<function=time>\n</function>\n</tool_call>", "Thus: <tool_call>\n<function=")]
    [InlineData("<tool_call><function=", "<tool_call>\n<function=time>\n</function>\n</tool_call>", "A tag begins so: <function=")]
    [InlineData("[TOOL_CALLS]", "[TOOL_CALLS][{\"name\": \"time\", \"arguments\": {}}]", "A list begins so: [TOOL_CALLS]")]
    public void Text_after_a_call_that_ends_as_a_call_begins_is_text(string described, string call, string text)
    {
        string whole = $"{call} {text}";
        for (int size = 1; size <= whole.Length; size++)
        {
            FunctionCallReader reader = CallTemplates.Of(KnownForms.DescribedIn(described)!).CreateReader(Functions);
            StringBuilder plain = new();
            for (int start = 0; start < whole.Length; start += size)
                plain.Append(reader.Add(whole.AsSpan(start, Math.Min(size, whole.Length - start))));
            plain.Append(reader.Finish());

            Assert.Equal((text, "time"), (plain.ToString(), string.Join(' ', reader.Calls.Select(found => found.Name))));
        }
    }

    [Fact]
    public void A_list_that_is_cut_and_holds_something_else_is_text()
    {
        foreach (string family in (string[])["described list", "tagged", "json"])
        {
            FunctionCallReader reader = CallTemplates.Learn(family).CreateReader(Functions);
            foreach (string text in (string[])["<tool_call>[", "[TOOL_CALLS][", "["])
            {
                string cut = text + "{\"name\": \"time\", \"arguments\": {}}, {\"a\": 1}";

                Assert.Equal(cut, reader.Add(cut) + reader.Finish());
                Assert.Empty(reader.Calls);
            }
        }
    }

    [Theory]
    [InlineData("<function=weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>", "", "weather")]
    [InlineData("Let me see.\n<function=time>\n</function>\n</tool_call>", "Let me see.\n", "time")]
    [InlineData("<function=weather>\n<parameter=city>\nRome\n</parameter>\n</function>", "", "weather")]
    [InlineData("Write <function=date>\n</function>\n</tool_call>", "Write <function=date>\n</function>\n</tool_call>", "")]
    public void A_call_may_lack_its_opening(string text, string plain, string name)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            FunctionCallReader reader = CallTemplates.Learn("xml").CreateReader(Functions);
            StringBuilder rest = new();
            for (int start = 0; start < text.Length; start += size)
                rest.Append(reader.Add(text.Substring(start, Math.Min(size, text.Length - start))));
            rest.Append(reader.Finish());

            Assert.Equal((plain, name), (rest.ToString(), string.Concat(reader.Calls.Select(call => call.Name))));
        }
    }

    private static (string Text, IReadOnlyList<FunctionCall> Calls) Read(string text, int size, bool several = true)
    {
        FunctionCallReader reader = CallTemplates.Of(KnownForms.All[0].Form).CreateReader(Functions);
        StringBuilder plain = new();
        for (int start = 0; start < text.Length; start += size)
            plain.Append(reader.Add(text.Substring(start, Math.Min(size, text.Length - start))));
        plain.Append(reader.Finish());
        return (plain.ToString(), several ? reader.Calls : [.. reader.Calls.Take(1)]);
    }
}
