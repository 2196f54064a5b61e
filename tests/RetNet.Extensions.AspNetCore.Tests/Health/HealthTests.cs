using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RetNet.Extensions.AspNetCore.Tests.Health;

public sealed class HealthTests
{
    [Fact]
    public async Task Host_is_ready_once_its_models_are_loaded()
    {
        await using TestHost host = await TestHost.StartAsync(services =>
        {
            services.AddRetNetChatClient(model => model.ModelPath = Models.PathOf("retnet-tinystories"), "stories");
            services.AddRetNetChatClient(model => model.ModelPath = Models.PathOf("llama-tinystories"), "others");
        });
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/health/live")).Status);
        Answer ready = await UntilAsync(host, answer => answer.Status == HttpStatusCode.OK);
        JsonElement check = ready.Json.GetProperty("checks").GetProperty("retnet-models");
        foreach (string name in (string[])["stories", "others"])
        {
            JsonElement model = check.GetProperty(name);
            Assert.Equal("ready", model.GetProperty("state").GetString());
            Assert.Equal("cpu", model.GetProperty("device").GetString(), ignoreCase: true);
            Assert.Equal(0, model.GetProperty("queued").GetInt32());
        }

        Answer models = await host.GetAsync("/v1/models");
        Assert.Equal(["stories", "others"],
            models.Json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        JsonElement facts = (await host.GetAsync("/v1/models/others")).Json.GetProperty("retnet");
        Assert.Equal("llama", facts.GetProperty("architecture").GetString());
        Assert.Equal("full", facts.GetProperty("policy").GetString());
        Assert.True(facts.GetProperty("parameters").GetInt64() > 0);
        Assert.Equal("stories", (await host.GetAsync("/v1/models/retnet-tinystories")).Json.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Model_that_cannot_be_loaded_makes_the_host_not_ready()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        foreach (string file in Directory.GetFiles(Models.PathOf("retnet-tinystories")))
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "tokenizer.json"), "{}");
        try
        {
            await using TestHost host = await TestHost.StartAsync(services =>
                services.AddRetNetChatClient(model => model.ModelPath = folder.FullName, "broken"));
            Answer failed = await UntilAsync(host, answer => answer.Text.Contains("\"failed\"", StringComparison.Ordinal));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.Status);
            Assert.Equal("Unhealthy", failed.Json.GetProperty("status").GetString());
            Assert.DoesNotContain(folder.FullName, failed.Text, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/health/live")).Status);
            Answer chat = await host.PostAsync("/v1/chat/completions", """{"messages": [{"role": "user", "content": "a"}]}""");
            Assert.Equal(HttpStatusCode.InternalServerError, chat.Status);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Probes_need_no_key_and_tell_strangers_no_names()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet, options => options.ApiKeys.Add("k"));
        Answer ready = await host.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.OK, ready.Status);
        Assert.Equal("""{"status":"Healthy"}""", ready.Text);
    }

    [Fact]
    public async Task Checks_of_the_application_count_too()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"), configure: builder => builder.Services
            .AddHealthChecks().AddCheck("disk", () => HealthCheckResult.Unhealthy("full"), ["ready"]));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.GetAsync("/health/ready")).Status);
    }

    private static async Task<Answer> UntilAsync(TestHost host, Func<Answer, bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            Answer answer = await host.GetAsync("/health/ready");
            if (condition(answer))
                return answer;
            await Task.Delay(10, limit.Token);
        }
    }
}
