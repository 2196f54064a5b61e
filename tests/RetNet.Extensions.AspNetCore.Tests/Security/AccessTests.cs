using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AspNetCore.Security;

namespace RetNet.Extensions.AspNetCore.Tests.Security;

public sealed class AccessTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """{"messages": [{"role": "user", "content": "a private prompt"}]}""";

    [Fact]
    public async Task Each_of_the_keys_opens_the_server()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "keys");
        await File.WriteAllTextAsync(file, "# keys of the team\n  # indented\nkey-of-file # of Anna\n\tkey#of-file\t#of Ben\n\n");
        try
        {
            await using TestHost host = await TestHost.StartAsync(
                new ScriptedClient("m"),
                options =>
                {
                    options.ApiKeys.Add("key-of-options");
                    options.ApiKeyFile = file;
                },
                builder => builder.Configuration[RetNetOpenAIOptions.ApiKeyVariable] = "key-of-environment, another-one");
            foreach (string key in (string[])["key-of-options", "key-of-file", "key#of-file", "key-of-environment", "another-one"])
                Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Chat, Hello, key)).Status);
            string?[] others =
                [null, "key", "key-of-option", "key-of-options2", "# keys of the team", "# indented", "key-of-file # of Anna", "#", ","];
            foreach (string? key in others)
            {
                Answer refused = await host.PostAsync(Chat, Hello, key);
                Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
                Assert.Equal("invalid_api_key", refused.Error.GetProperty("code").GetString());
                Assert.Equal("Bearer", refused.Headers["WWW-Authenticate"]);
            }

            Assert.Equal(HttpStatusCode.Unauthorized, (await host.GetAsync("/v1/models")).Status);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Theory]
    [InlineData("file", "line 2 of '")]
    [InlineData("options", "ApiKeys")]
    [InlineData("environment", RetNetOpenAIOptions.ApiKeyVariable)]
    public async Task Host_with_a_key_that_has_white_space_within_does_not_start(string place, string named)
    {
        const string key = "a secret";
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string file = Path.Combine(folder, "keys");
            await File.WriteAllTextAsync(file, place == "file" ? $"key\n{key}\n" : "key\n");
            InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync(
                new ScriptedClient("m"),
                options =>
                {
                    options.ApiKeyFile = file;
                    if (place == "options")
                        options.ApiKeys.Add(key);
                },
                builder => builder.Configuration[RetNetOpenAIOptions.ApiKeyVariable] = place == "environment" ? $"key,{key}" : ""));

            Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Keys_come_from_the_configuration()
    {
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m"), configure: builder => builder.Configuration["RetNet:OpenAI:ApiKeys:0"] = "configured");
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.PostAsync(Chat, Hello)).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Chat, Hello, "configured")).Status);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://*:0")]
    public async Task Open_address_needs_a_key(string url)
    {
        WebApplication app = TestHost.Create(services => services.AddSingleton<IChatClient>(new ScriptedClient("m")));
        app.Urls.Clear();
        app.Urls.Add(url);
        await using (app)
        {
            InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());
            Assert.Contains(RetNetOpenAIOptions.ApiKeyVariable, refusal.Message, StringComparison.Ordinal);
        }

        WebApplication locked = TestHost.Create(
            services => services.AddSingleton<IChatClient>(new ScriptedClient("m")), options => options.ApiKeys.Add("k"));
        locked.Urls.Clear();
        locked.Urls.Add(url);
        await using (locked)
        {
            await locked.StartAsync();
            await locked.StopAsync();
        }
    }

    [Theory]
    [InlineData("Host", "models.example.com")]
    [InlineData("Host", "192.168.1.7:5000")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    public async Task Server_without_a_key_answers_its_own_machine_only(string header, string value)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        using HttpRequestMessage request = TestHost.Request(Chat, Hello, key: null);
        request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        Answer answer = await Answer.ReadAsync(response);
        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Equal("forbidden", answer.Error.GetProperty("code").GetString());

        await using TestHost locked = await TestHost.StartAsync(new ScriptedClient("m"), options => options.ApiKeys.Add("k"));
        using HttpRequestMessage keyed = TestHost.Request(Chat, Hello, "k");
        keyed.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage answered = await locked.Client.SendAsync(keyed);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("192.168.1.7", "192.168.1.9", false)]
    [InlineData("127.0.0.1", "203.0.113.9", false)]
    [InlineData(null, null, true)]
    public void Addresses_of_a_connection_decide_without_a_key(string? local, string? remote, bool isAllowed)
    {
        AccessCheck access = new(new ApiKeys(Options.Create(new RetNetOpenAIOptions()), new ConfigurationManager()));
        DefaultHttpContext context = new();
        context.Connection.LocalIpAddress = local is null ? null : IPAddress.Parse(local);
        context.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        context.Request.Host = new HostString("localhost", 5000);
        Assert.Equal(isAllowed, access.Allows(context));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000", true)]
    [InlineData("http://localhost:5000", true)]
    [InlineData("https://[::1]:5000", true)]
    [InlineData("http://unix:/run/retnet.sock", true)]
    [InlineData("http://+:80", false)]
    [InlineData("http://[::]:80", false)]
    [InlineData("http://models.example.com:80", false)]
    [InlineData("http://localhost.example.com:80", false)]
    public void Addresses_of_a_server_are_local_by_their_form(string address, bool isLocal) =>
        Assert.Equal(isLocal, Loopback.IsLocalAddress(address));

    [Fact]
    public async Task Other_sites_are_given_no_permission()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        using HttpRequestMessage request = TestHost.Request(Chat, Hello, key: null);
        request.Headers.Add("Origin", "https://example.com");
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        using HttpRequestMessage preflight = new(HttpMethod.Options, Chat);
        preflight.Headers.Add("Origin", "https://example.com");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using HttpResponseMessage refused = await host.Client.SendAsync(preflight);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
    }

    [Fact]
    public async Task Log_has_no_keys_and_no_prompts()
    {
        FakeLogCollector log = new();
        await using TestHost host = await TestHost.StartAsync(
            Models.RetNet, options => options.ApiKeys.Add("the-secret-key"),
            builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(log)));
        await host.PostAsync(Chat, Hello[..^1] + ", \"max_tokens\": 3}", "the-secret-key");
        await host.PostAsync(Chat, Hello, "a-wrong-key");
        await host.PostAsync(Chat, Hello[..^1] + ", \"top_p\": 7}", "the-secret-key");
        string text = string.Join('\n', log.GetSnapshot().Select(entry => $"{entry.Message} {entry.Exception}"));
        Assert.NotEmpty(text);
        Assert.All((string[])["the-secret-key", "a-wrong-key", "private"], word =>
            Assert.DoesNotContain(word, text, StringComparison.Ordinal));
    }
}
