using Microsoft.Playwright;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>The chat page in the browser, with all that it asked for and complained of.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly List<string> _requests = [];
    private readonly List<string> _complaints = [];

    public OpenPage(IPage page, Uri address)
    {
        (Page, Address) = (page, address);
        page.Request += (_, request) => _requests.Add(request.Url);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Add(message.Text);
        };
        page.PageError += (_, error) => _complaints.Add(error);
    }

    public IPage Page { get; }

    public Uri Address { get; }

    /// <summary>The addresses of all requests.</summary>
    public IReadOnlyList<string> Requests => _requests;

    /// <summary>Errors and warnings of the console, such as those of the content security policy.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    public ILocator Answers => Page.Locator(".answer > .text");

    public ILocator Status => Page.GetByRole(AriaRole.Status);

    public Task ChooseAsync(string model) => Page.GetByRole(AriaRole.Combobox, new() { Name = "Model" }).SelectOptionAsync(model);

    /// <summary>Answers are the same each time.</summary>
    public async Task AnswerGreedilyAsync(int tokens)
    {
        await Page.GetByLabel("Temperature").FillAsync("0");
        await Page.GetByLabel("Most tokens").FillAsync($"{tokens}");
    }

    public async Task SendAsync(string text)
    {
        await Page.GetByLabel("Message", new() { Exact = true }).FillAsync(text);
        await Page.Keyboard.PressAsync("Enter");
    }

    public Task CompleteAsync() => Assertions.Expect(Status).ToHaveTextAsync("Answer complete", new() { Timeout = 60_000 });

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
