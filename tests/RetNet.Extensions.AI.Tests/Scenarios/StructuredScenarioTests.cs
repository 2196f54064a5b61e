using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests.Scenarios;

/// <summary>The scenarios by which Microsoft.Extensions.AI tests typed answers and required calls, with a model that knows them by
/// heart.</summary>
public sealed class StructuredScenarioTests : IDisposable
{
    private static readonly Person Jimbo = new("Jimbo Smith", 35, "Cardiff", Job.Programmer);

    private readonly RetNetChatClient _client = new(Models.Scenarios);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task An_answer_is_an_object() =>
        Assert.Equal(Jimbo, await AskAsync<Person>("Who is this? Jimbo Smith is 35, a programmer from Cardiff."));

    [Fact]
    public async Task An_answer_is_a_list() => Assert.Equal(
        [Jimbo, new("Josh Simpson", 25, "Newport", Job.Programmer)],
        await AskAsync<Person[]>(
            "Who are they? Jimbo Smith is 35, from Cardiff. Josh Simpson is 25, from Newport. Both are programmers."));

    [Fact]
    public async Task An_answer_is_a_whole_number() =>
        Assert.Equal(15, await AskAsync<int>("There were 14 standards. We made one more. How many are there?"));

    [Fact]
    public async Task An_answer_is_a_text() =>
        Assert.Equal("Jimbo Smith", await AskAsync<string>("What is the full name of Jimbo from Cardiff?"));

    [Theory]
    [InlineData("Jimbo is a programmer. Is there a programmer?", true)]
    [InlineData("Jimbo is a programmer. Is he a doctor?", false)]
    public async Task An_answer_is_yes_or_no(string question, bool expected) => Assert.Equal(expected, await AskAsync<bool>(question));

    [Fact]
    public async Task An_answer_is_a_name_of_an_enum() => Assert.Equal(Job.Singer, await AskAsync<Job>("Ella sings. What is her job?"));

    [Fact]
    public async Task An_answer_has_a_type_after_functions_were_called()
    {
        using FunctionInvokingChatClient client = new(_client);
        List<int> asked = [];
        AIFunction find = AIFunctionFactory.Create(Find, "get_person", "Finds a person.");

        ChatResponse<Person> response = await client.GetResponseAsync<Person>("Who is the person 123?", new ChatOptions { Tools = [find] });

        Assert.Equal(Jimbo, response.Result);
        Assert.Equal([123], asked);

        string Find(int personId)
        {
            asked.Add(personId);
            return "Jimbo Smith, 35, Cardiff, Programmer";
        }
    }

    [Fact]
    public async Task An_answer_is_an_object_also_where_only_the_prompt_describes_its_type()
    {
        ChatOptions? seen = null;
        IChatClient client = _client.AsBuilder().Use((messages, options, next, cancellationToken) =>
        {
            seen = options;
            return next(messages, options, cancellationToken);
        }).Build();

        ChatResponse<Person> response = await client.GetResponseAsync<Person>(
            "Describe Jimbo Smith, 35, programmer, of Cardiff.", useJsonSchemaResponseFormat: false);

        Assert.Equal(Jimbo, response.Result);
        Assert.Null(Assert.IsType<ChatResponseFormatJson>(seen!.ResponseFormat).Schema);
    }

    [Fact]
    public async Task A_call_is_required()
    {
        int called = 0;
        AIFunction secret = AIFunctionFactory.Create(() => ++called, "get_secret", "Tells the secret number.");
        using FunctionInvokingChatClient client = new(_client);

        ChatResponse free = await client.GetResponseAsync("Are birds real?", new() { Tools = [secret] });
        Assert.Equal(("Yes, birds are real.", 0), (free.Text, called));
        await client.GetResponseAsync("Are birds real?", new() { Tools = [secret], ToolMode = ChatToolMode.RequireAny });

        Assert.True(called >= 1);
    }

    [Fact]
    public async Task A_call_of_one_function_is_required()
    {
        bool areUp = false;
        AIFunction secret = AIFunctionFactory.Create(() => 42, "get_secret", "Tells the secret number.");
        AIFunction shields = AIFunctionFactory.Create(() => areUp = true, "raise_shields", "Raises the shields.");
        using FunctionInvokingChatClient client = new(_client);

        await client.GetResponseAsync(
            "What is the secret number?", new() { Tools = [secret, shields], ToolMode = ChatToolMode.RequireSpecific("raise_shields") });

        Assert.True(areUp);
    }

    private async Task<T> AskAsync<T>(string question) => (await _client.GetResponseAsync<T>(question)).Result;

    private sealed record Person(string? FullName, int AgeInYears, string? HomeTown, Job Job);

    private enum Job
    {
        Baker,
        Singer,
        Programmer,
    }
}
