namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>A client of HTTP for a host with the page, shared by the tests of a class.</summary>
public sealed class PageClient : IAsyncLifetime
{
    private PageHost? _host;

    /// <summary>Follows no redirections.</summary>
    public HttpClient Client { get; } = new(new HttpClientHandler { AllowAutoRedirect = false });

    public async Task InitializeAsync()
    {
        _host = await PageHost.StartAsync();
        Client.BaseAddress = _host.Address;
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _host!.DisposeAsync();
    }
}
