using System.Net;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>The files of the page, as a client of HTTP sees them.</summary>
public sealed class PageFileTests(PageClient page) : IClassFixture<PageClient>
{
    private readonly HttpClient _client = page.Client;

    [Fact]
    public async Task Nothing_inline_and_nothing_foreign_is_allowed()
    {
        using HttpResponseMessage response = await _client.GetAsync("/");
        Assert.Equal("text/html; charset=utf-8", $"{response.Content.Headers.ContentType}");
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        string document = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("://", document, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", document, StringComparison.Ordinal);
        Assert.Contains("data-api=\"/v1\"", document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_the_browser_has_is_not_sent_again()
    {
        using HttpResponseMessage first = await _client.GetAsync("/page.js");
        Assert.Equal("text/javascript; charset=utf-8", $"{first.Content.Headers.ContentType}");
        using HttpRequestMessage request = new(HttpMethod.Get, "/page.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task The_page_may_lie_below_the_root()
    {
        using HttpResponseMessage bare = await _client.GetAsync("/below/chat");
        Assert.Equal((HttpStatusCode.Redirect, "/below/chat/"), (bare.StatusCode, $"{bare.Headers.Location}"));
        using HttpResponseMessage style = await _client.GetAsync("/below/chat/page.css");
        Assert.Equal(HttpStatusCode.OK, style.StatusCode);
    }

    [Fact]
    public async Task Every_file_that_the_page_names_is_there()
    {
        string document = await _client.GetStringAsync("/");
        foreach (string file in (string[])["page.css", "page.js", "icon.svg"])
        {
            Assert.Contains($"\"{file}\"", document, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(file)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/index.html.txt")).StatusCode);
    }
}
