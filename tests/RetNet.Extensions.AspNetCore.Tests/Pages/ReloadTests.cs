using Microsoft.Playwright;
using RetNet.Extensions.Servers;
using static Microsoft.Playwright.Assertions;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>What of the page outlives a reload.</summary>
public sealed class ReloadTests(Browser browser) : IClassFixture<Browser>
{
    [ServerFact(Browser.Executable)]
    public async Task A_text_that_is_not_sent_yet_outlives_a_reload()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        ILocator message = open.Page.GetByLabel("Message", new() { Exact = true });
        await message.FillAsync("Half a");
        await open.Page.ReloadAsync();
        await Expect(message).ToHaveValueAsync("Half a");
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("Half a sentence");
        await open.CompleteAsync();
        await open.Page.ReloadAsync();
        await Expect(message).ToHaveValueAsync("");
    }

    [ServerFact(Browser.Executable)]
    public async Task A_conversation_and_its_settings_outlive_a_reload_and_end_with_a_new_one()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.Page.GetByLabel("System prompt").FillAsync("Be brief.");
        await open.SendAsync("One");
        await open.CompleteAsync();
        await open.Page.ReloadAsync();

        await Expect(open.Page.Locator(".user .text")).ToHaveTextAsync("One");
        await Expect(open.Answers).ToHaveTextAsync("One");
        await Expect(open.Page.Locator(".reasoning .text")).ToHaveTextAsync("Asked: One");
        await Expect(open.Page.Locator("#empty")).ToBeHiddenAsync();
        await Expect(open.Page.GetByRole(AriaRole.Combobox, new() { Name = "Model" })).ToHaveValueAsync(PageHost.Echo);
        IRequest request = await open.Page.RunAndWaitForRequestAsync(() => open.SendAsync("Two"), "**/chat/completions");
        Assert.Equal(
            ["Be brief.", "One", "One", "Two"],
            request.PostDataJSON()!.Value.GetProperty("messages").EnumerateArray()
                .Select(message => message.GetProperty("content").GetString()));
        await open.CompleteAsync();

        await open.Page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await open.Page.ReloadAsync();
        await Expect(open.Page.Locator("#empty")).ToBeVisibleAsync();
        await Expect(open.Answers).ToHaveCountAsync(0);
        await Expect(open.Page.GetByLabel("System prompt")).ToHaveValueAsync("Be brief.");
        Assert.Empty(open.Complaints);
    }

    [ServerFact(Browser.Executable)]
    public async Task A_message_that_a_reload_leaves_without_an_answer_can_be_sent_again()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Endless);
        await open.SendAsync("Hello");
        await Expect(open.Answers).ToContainTextAsync("on and on and");
        await open.Page.ReloadAsync();
        await Expect(open.Page.Locator(".user .text")).ToHaveTextAsync("Hello");
        await open.ChooseAsync(PageHost.Echo);
        await open.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await open.CompleteAsync();
        await Expect(open.Answers).ToHaveTextAsync("Hello");
    }

    [ServerFact(Browser.Executable)]
    public async Task Calls_that_wait_for_their_results_outlive_a_reload()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Calls);
        await open.AnswerGreedilyAsync(80);
        await open.Page.GetByRole(AriaRole.Button, new() { Name = "Insert an example" }).ClickAsync();
        await open.SendAsync("What is the weather in Lisbon?");
        ILocator result = open.Page.GetByLabel("Result of GetWeather");
        await Expect(result).ToBeFocusedAsync(new() { Timeout = 60_000 });
        await open.Page.ReloadAsync();
        await Expect(open.Page.Locator(".call-arguments")).ToContainTextAsync("\"city\": \"Lisbon\"");
        await Expect(open.Page.GetByRole(AriaRole.Combobox, new() { Name = "Model" })).ToHaveValueAsync(PageHost.Calls);
        await result.FillAsync("sunny");
        await open.Page.Keyboard.PressAsync("Enter");
        await open.CompleteAsync();
        await Expect(open.Answers.Last).ToContainTextAsync("sunny");
        await open.Page.ReloadAsync();
        await Expect(result).ToHaveValueAsync("sunny");
        await Expect(result).Not.ToBeEditableAsync();
    }

    [ServerFact(Browser.Executable)]
    public async Task What_has_no_room_is_not_kept_and_what_another_version_kept_is_not_shown()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.Page.EvaluateAsync(
            "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }");
        await open.SendAsync("One");
        await open.CompleteAsync();
        await open.SendAsync("Two");
        await open.CompleteAsync();
        await Expect(open.Answers.Last).ToHaveTextAsync("Two");
        await open.Page.ReloadAsync();
        await Expect(open.Page.Locator("#empty")).ToBeVisibleAsync();
        await open.Page.EvaluateAsync("sessionStorage.setItem('retnet.conversation', '[{\"role\": \"user\"}]')");
        await open.Page.ReloadAsync();
        await Expect(open.Page.Locator("#empty")).ToBeVisibleAsync();
        await open.ChooseAsync(PageHost.Echo);
        await open.SendAsync("Three");
        await open.CompleteAsync();
        await Expect(open.Answers).ToHaveTextAsync("Three");
        Assert.Empty(open.Complaints);
    }
}
