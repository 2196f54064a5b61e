using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using RetNet.Extensions.Servers;
using static Microsoft.Playwright.Assertions;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>What a user does on the page, in a real browser with the models of the examples.</summary>
public sealed class ChatPageTests(Browser browser) : IClassFixture<Browser>
{
    private const string Question = "Tell me a story about a dog.";

    [ServerFact(Browser.Executable)]
    public async Task An_answer_is_that_of_the_model()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.RetNet);
        await open.AnswerGreedilyAsync(40);
        await open.SendAsync(Question);
        await open.CompleteAsync();
        ChatResponse expected = await browser.Host.Services.GetRequiredKeyedService<IChatClient>(PageHost.RetNet)
            .GetResponseAsync(Question, new ChatOptions { Temperature = 0, MaxOutputTokens = 40 });
        await Expect(open.Answers).ToHaveTextAsync(expected.Text, new() { UseInnerText = false });
        await Expect(open.Page.Locator(".measures")).ToContainTextAsync("40 tokens");
        Assert.Empty(open.Complaints);
    }

    [ServerFact(Browser.Executable)]
    public async Task The_next_message_carries_the_conversation_and_the_system_prompt()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Llama);
        await open.AnswerGreedilyAsync(8);
        await open.Page.GetByLabel("System prompt").FillAsync("Be brief.");
        await open.SendAsync(Question);
        await open.CompleteAsync();
        string first = await open.Answers.First.TextContentAsync() ?? "";
        IRequest request = await open.Page.RunAndWaitForRequestAsync(() => open.SendAsync("And then?"), "**/chat/completions");
        System.Text.Json.JsonElement messages = request.PostDataJSON()!.Value.GetProperty("messages");
        Assert.Equal(
            [("system", "Be brief."), ("user", Question), ("assistant", first), ("user", "And then?")],
            messages.EnumerateArray().Select(message =>
                (message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!)));
    }

    [ServerFact(Browser.Executable)]
    public async Task An_answer_is_shown_while_it_is_written_and_Escape_stops_it_and_keeps_what_has_come()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Endless);
        await open.SendAsync(Question);
        await Expect(open.Answers).ToContainTextAsync("on and on and");
        int shown = (await open.Answers.TextContentAsync())!.Length;
        await open.Page.WaitForFunctionAsync("shown => document.querySelector('.answer > .text').textContent.length > shown", shown);
        await Expect(open.Page.GetByRole(AriaRole.Button, new() { Name = "Stop" })).ToBeVisibleAsync();
        await open.Page.Keyboard.PressAsync("Escape");
        await Expect(open.Status).ToHaveTextAsync("Stopped");
        await Expect(open.Answers).ToContainTextAsync("on and on and");

        // The model is told, too.
        await browser.Host.EndlessClient.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("Still there?");
        await open.CompleteAsync();
        await Expect(open.Answers.Last).ToHaveTextAsync("Still there?");
    }

    [ServerFact(Browser.Executable)]
    public async Task A_bounded_cache_is_chosen_for_a_Transformer_and_seen_in_the_memory()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.RetNet);
        await Expect(open.Page.GetByLabel("Policy")).ToBeHiddenAsync();
        await Expect(open.Page.GetByText("no cache to bound")).ToBeVisibleAsync();

        await open.ChooseAsync(PageHost.Llama);
        await open.AnswerGreedilyAsync(60);
        await open.Page.GetByLabel("Policy").SelectOptionAsync("tova");
        await open.Page.GetByLabel("Rows kept").FillAsync("16");
        await open.SendAsync(Question);
        await open.CompleteAsync();
        await Expect(open.Page.Locator("#memory-caption")).ToContainTextAsync("times less than a full cache");
        await Expect(open.Page.Locator("#memory-chart path.line")).ToHaveCountAsync(2);
        await Expect(open.Page.Locator("#speed-caption")).ToContainTextAsync("tokens per second");

        // The same question again, with another policy.
        await open.Page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await open.Page.GetByLabel("Policy").SelectOptionAsync("full");
        await open.SendAsync(Question);
        await open.CompleteAsync();
        await Expect(open.Page.Locator("#memory-caption")).ToContainTextAsync("as much as a full cache");
    }

    [ServerFact(Browser.Executable)]
    public async Task A_call_is_shown_and_its_result_goes_back_to_the_model()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Calls);
        await open.AnswerGreedilyAsync(80);
        await open.Page.GetByRole(AriaRole.Button, new() { Name = "Insert an example" }).ClickAsync();
        await open.SendAsync("What is the weather in Lisbon?");
        await Expect(open.Page.Locator(".call-name")).ToHaveTextAsync("GetWeather", new() { Timeout = 60_000 });
        await Expect(open.Page.Locator(".call-arguments")).ToContainTextAsync("\"city\": \"Lisbon\"");
        await Expect(open.Page.GetByLabel("Result of GetWeather")).ToBeFocusedAsync();
        await open.Page.Keyboard.TypeAsync("sunny");
        IRequest request = await open.Page.RunAndWaitForRequestAsync(() => open.Page.Keyboard.PressAsync("Enter"), "**/chat/completions");
        System.Text.Json.JsonElement[] messages = [.. request.PostDataJSON()!.Value.GetProperty("messages").EnumerateArray()];
        Assert.Equal("sunny", messages[^1].GetProperty("content").GetString());
        Assert.Equal(messages[^2].GetProperty("tool_calls")[0].GetProperty("id").GetString(),
            messages[^1].GetProperty("tool_call_id").GetString());
        await open.CompleteAsync();
        await Expect(open.Answers.Last).ToContainTextAsync("sunny");
    }

    [ServerFact(Browser.Executable)]
    public async Task What_is_no_list_of_functions_is_said_at_the_field_and_not_sent()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        ILocator tools = open.Page.GetByLabel("Functions as JSON");
        await tools.FillAsync("[{]");
        await open.SendAsync("Hello");
        await Expect(open.Page.Locator("#tools-error")).ToContainTextAsync("This is no JSON");
        await Expect(tools).ToBeFocusedAsync();
        await Expect(open.Answers).ToHaveCountAsync(0);
        await Expect(open.Page.GetByLabel("Message", new() { Exact = true })).ToHaveValueAsync("Hello");
    }

    [ServerFact(Browser.Executable)]
    public async Task Text_that_looks_like_HTML_stays_text()
    {
        const string hostile = "<img src=x onerror=\"window.attacked = true\"><script>window.attacked = true</script>";
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync(hostile);
        await open.CompleteAsync();
        await Expect(open.Answers).ToHaveTextAsync(hostile);
        await Expect(open.Page.Locator(".user .text")).ToHaveTextAsync(hostile);
        await open.Page.GetByText("Reasoning").ClickAsync();
        await Expect(open.Page.Locator(".reasoning .text")).ToHaveTextAsync($"Asked: {hostile}");
        Assert.Equal(0, await open.Page.Locator("#log img, #log script").CountAsync());
        Assert.False(await open.Page.EvaluateAsync<bool>("window.attacked === true"));
        Assert.Empty(open.Complaints);
    }

    [ServerFact(Browser.Executable)]
    public async Task Text_that_is_written_from_right_to_left_is_set_so()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("ספר לי סיפור");
        await open.CompleteAsync();
        Assert.Equal("rtl", await open.Answers.EvaluateAsync<string>("text => getComputedStyle(text).direction"));
    }

    [ServerFact(Browser.Executable)]
    public async Task A_busy_server_is_said_so_and_the_message_can_be_sent_again()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Busy);
        await open.SendAsync("Hello");
        ILocator error = open.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The server is busy" });
        await Expect(error).ToContainTextAsync("7 s");
        await open.ChooseAsync(PageHost.Echo);
        await error.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await open.CompleteAsync();
        await Expect(open.Answers).ToHaveTextAsync("Hello");
        await Expect(error).ToHaveCountAsync(0);
    }

    [ServerFact(Browser.Executable)]
    public async Task An_answer_that_fails_after_its_beginning_says_why()
    {
        const string chunk = """data: {"choices": [{"index": 0, "delta": {"content": "Well"}}]}""";
        (string End, string Title, string Text)[] ends =
        [
            ("""data: {"error": {"message": "It took too long.", "type": "server_error"}}""", "The server failed", "It took too long."),
            ("""data: {"error": {"message": "Wait.", "type": "rate_limit_error"}}""", "The server is busy", "Wait."),
            (": the end is missing", "No connection", "ended before the answer did"),
        ];
        foreach ((string end, string title, string text) in ends)
        {
            await using OpenPage open = await browser.OpenAsync();
            await open.ChooseAsync(PageHost.Echo);
            await open.Page.RouteAsync("**/chat/completions", route => route.FulfillAsync(new()
            {
                Status = 200,
                ContentType = "text/event-stream",
                Body = $"{chunk}\n\n{end}\n\n",
            }));

            await open.SendAsync("Hello");

            ILocator error = open.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = title });
            await Expect(error).ToContainTextAsync(text);
            await Expect(open.Answers).ToHaveTextAsync("Well");
            await Expect(open.Status).ToHaveTextAsync("");
        }
    }

    [ServerFact(Browser.Executable)]
    public async Task An_API_key_is_asked_for_and_kept_in_the_tab_only()
    {
        await using PageHost host = await PageHost.StartAsync("a-long-key");
        await using OpenPage open = await browser.OpenAsync(host: host);
        ILocator dialog = open.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("asks for an API key");
        await dialog.GetByLabel("API key").FillAsync("a-wrong-key");
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToContainTextAsync("refused the API key");
        await dialog.GetByLabel("API key").FillAsync("a-long-key");
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToBeHiddenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("Hello");
        await open.CompleteAsync();
        await Expect(open.Answers).ToHaveTextAsync("Hello");
        Assert.Contains("a-long-key", await open.Page.EvaluateAsync<string>("JSON.stringify(sessionStorage)"), StringComparison.Ordinal);
        Assert.DoesNotContain("a-long-key", await open.Page.EvaluateAsync<string>("JSON.stringify(localStorage) + document.cookie"),
            StringComparison.Ordinal);
    }

    [ServerFact(Browser.Executable)]
    public async Task A_conversation_is_exported()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("Hello");
        await open.CompleteAsync();
        await open.Page.GetByRole(AriaRole.Button, new() { Name = "Export the conversation" }).ClickAsync();
        IDownload download = await open.Page.RunAndWaitForDownloadAsync(() => open.Page.GetByText("As Markdown").ClickAsync());
        using StreamReader reader = new(await download.CreateReadStreamAsync());
        Assert.Equal("# Conversation with echo\n\n## You\n\nHello\n\n## echo\n\nHello\n", await reader.ReadToEndAsync());
    }

    [ServerFact(Browser.Executable)]
    public async Task Nothing_is_asked_of_a_foreign_host()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("https://example.com/image.png");
        await open.CompleteAsync();
        Assert.True(open.Requests.Count > 5);
        Assert.All(open.Requests, request => Assert.StartsWith(open.Address.ToString(), request, StringComparison.Ordinal));
        Assert.Empty(open.Complaints);
    }
}
