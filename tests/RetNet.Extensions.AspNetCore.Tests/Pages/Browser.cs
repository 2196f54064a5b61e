using Microsoft.Playwright;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>A browser without a window, and a host for its pages; both are shared by the tests of a class.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>The executable, which is Debian's.</summary>
    public const string Executable = "chromium";

    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal PageHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (InstalledServer.Find(Executable) is not { } path)
            return;
        Assertions.SetDefaultExpectTimeout(30_000);
        Host = await PageHost.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = path, Args = Arguments });
    }

    /// <summary>Opens the chat page in a profile of its own.</summary>
    internal async Task<OpenPage> OpenAsync(BrowserNewContextOptions? options = null, PageHost? host = null)
    {
        IPage page = await (await _browser!.NewContextAsync(options)).NewPageAsync();
        OpenPage open = new(page, (host ?? Host).Address);
        await page.GotoAsync(open.Address.ToString());
        return open;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (Host is not null)
            await Host.DisposeAsync();
    }
}
