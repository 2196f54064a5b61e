using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using RetNet.Extensions.Servers;
using static Microsoft.Playwright.Assertions;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>The page by keyboard, for screen readers, in the dark and on small screens.</summary>
public sealed class AccessibilityTests(Browser browser) : IClassFixture<Browser>
{
    [ServerFact(Browser.Executable)]
    public async Task A_keyboard_is_enough()
    {
        await using OpenPage open = await browser.OpenAsync();
        IPage page = open.Page;
        ILocator message = page.GetByLabel("Message", new() { Exact = true });
        await Expect(message).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Model" })).ToBeEnabledAsync();

        // The first stop leads past the bar.
        await LeaveAsync(page);
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the message field" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(PageHost.Echo);
        await Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Model" })).ToHaveValueAsync(PageHost.Echo);
        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(message).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("One");
        await page.Keyboard.PressAsync("Shift+Enter");
        await page.Keyboard.TypeAsync("Two");
        await page.Keyboard.PressAsync("Enter");
        await open.CompleteAsync();
        await Expect(open.Answers).ToHaveTextAsync("One\nTwo", new() { UseInnerText = true });
        await Expect(message).ToBeFocusedAsync();
    }

    [ServerFact(Browser.Executable)]
    public async Task Focus_is_visible_at_every_stop_and_goes_in_the_order_of_the_page()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Llama);
        await LeaveAsync(open.Page);
        List<string> stops = await LeaveAsync(open.Page);
        Assert.Equal(
            [
                "skip", "model", "new", "export", "theme", "scroller", "suggestion", "suggestion", "suggestion", "message", "send",
                "policy", "temperature", "max-tokens", "system", "tools", "tools-example", "tool-choice",
            ],
            stops);
    }

    [ServerFact(Browser.Executable)]
    public async Task A_screen_reader_hears_an_answer_once_when_it_is_complete()
    {
        await using OpenPage open = await browser.OpenAsync();
        await open.ChooseAsync(PageHost.Endless);
        await open.SendAsync("Hello");
        ILocator answer = open.Page.Locator(".answer");
        await Expect(open.Page.GetByRole(AriaRole.Log)).ToHaveAttributeAsync("aria-live", "polite");
        await Expect(open.Answers).ToContainTextAsync("on and on");
        await Expect(answer).ToHaveAttributeAsync("aria-live", "off");
        await Expect(open.Status).ToHaveTextAsync("Answering…");
        await open.Page.Keyboard.PressAsync("Escape");
        await Expect(open.Status).ToHaveTextAsync("Stopped");
        Assert.Null(await answer.GetAttributeAsync("aria-live"));
        Assert.Null(await answer.GetAttributeAsync("aria-busy"));
    }

    [ServerFact(Browser.Executable)]
    public async Task Dark_is_as_the_system_says_until_the_switch_says_otherwise()
    {
        const string ground = "getComputedStyle(document.body).backgroundColor";
        await using OpenPage open = await browser.OpenAsync(new() { ColorScheme = ColorScheme.Dark });
        string dark = await open.Page.EvaluateAsync<string>(ground);
        ILocator button = open.Page.GetByRole(AriaRole.Button, new() { Name = "Dark colours" });
        await Expect(button).ToHaveAttributeAsync("aria-pressed", "true");
        await button.ClickAsync();
        await Expect(button).ToHaveAttributeAsync("aria-pressed", "false");
        string light = await open.Page.EvaluateAsync<string>(ground);
        Assert.NotEqual(dark, light);
        await open.Page.ReloadAsync();
        Assert.Equal(light, await open.Page.EvaluateAsync<string>(ground));
    }

    [ServerFact(Browser.Executable)]
    public async Task No_movement_where_it_is_not_wanted()
    {
        await using OpenPage open = await browser.OpenAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await open.ChooseAsync(PageHost.Endless);
        await open.SendAsync("Hello");
        await Expect(open.Answers).ToContainTextAsync("on and on");
        Assert.Equal(0, await open.Page.EvaluateAsync<int>("document.getAnimations().length"));
    }

    [ServerFact(Browser.Executable)]
    public async Task The_panel_opens_on_small_screens_and_closes_with_Escape()
    {
        await using OpenPage open = await browser.OpenAsync(Small(ColorScheme.Light));
        ILocator toggle = open.Page.GetByRole(AriaRole.Button, new() { Name = "Memory and settings", Exact = true });
        await Expect(open.Page.GetByLabel("Temperature")).ToBeHiddenAsync();
        await toggle.ClickAsync();
        await open.Page.GetByLabel("Temperature").FillAsync("0.5");
        await CheckAsync(open);
        await open.Page.Keyboard.PressAsync("Escape");
        await Expect(open.Page.GetByLabel("Temperature")).ToBeHiddenAsync();
        await Expect(toggle).ToBeFocusedAsync();
        Assert.True(await open.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is too wide.");
    }

    [ServerFact(Browser.Executable)]
    public async Task Axe_finds_no_fault_in_the_light() => await CheckStatesAsync(new() { ColorScheme = ColorScheme.Light });

    [ServerFact(Browser.Executable)]
    public async Task Axe_finds_no_fault_in_the_dark() => await CheckStatesAsync(new() { ColorScheme = ColorScheme.Dark });

    [ServerFact(Browser.Executable)]
    public async Task Axe_finds_no_fault_on_a_small_screen() => await CheckStatesAsync(Small(ColorScheme.Dark));

    private static BrowserNewContextOptions Small(ColorScheme scheme) =>
        new() { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = 390, Height = 844 }, HasTouch = true };

    /// <summary>Goes on from stop to stop until the page ends.</summary>
    /// <returns>The names of the stops.</returns>
    private static async Task<List<string>> LeaveAsync(IPage page)
    {
        List<string> stops = [];
        while (stops.Count < 100)
        {
            await page.Keyboard.PressAsync("Tab");
            string stop = await page.EvaluateAsync<string>(
                """
                () => {
                  const at = document.activeElement;
                  const seen = [at, at.closest('.composer-box')].some(node => node &&
                    (getComputedStyle(node).outlineStyle !== 'none' || getComputedStyle(node).boxShadow !== 'none'));
                  return at === document.body ? '' : `${at.id || at.className}${seen ? '' : ' without a sign'}`;
                }
                """);
            if (stop.Length == 0)
                return stops;
            stops.Add(stop);
        }

        throw new InvalidOperationException($"The page has no last stop: {string.Join(", ", stops)}");
    }

    private async Task CheckStatesAsync(BrowserNewContextOptions options)
    {
        await using OpenPage open = await browser.OpenAsync(options);
        await open.ChooseAsync(PageHost.Echo);
        await CheckAsync(open);
        await open.SendAsync("Hello");
        await open.CompleteAsync();
        await open.Page.GetByText("Reasoning").ClickAsync();
        await open.ChooseAsync(PageHost.Busy);
        await open.SendAsync("Hello");
        await Expect(open.Page.GetByText("The server is busy", new() { Exact = true })).ToBeVisibleAsync();
        await CheckAsync(open);
    }

    private static async Task CheckAsync(OpenPage open)
    {
        AxeResult result = await open.Page.RunAxe();
        Assert.Empty(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Help}: {node.Html}")));
    }
}
