using System.Diagnostics;
using System.Text.Json;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>Clients for Node.js, OpenAI's and the AI SDK, of which npm keeps copies in the user's folder for temporary files.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class NodeTests(ModelServer server)
{
    private static readonly string[] OpenAI = ["openai@7.59.0"];
    private static readonly string[] AISdk = ["ai@6.0.326", "@ai-sdk/openai@3.0.141", "zod@4.6.7"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [ServerFact("node", "npm")]
    public async Task All_endpoints_answer()
    {
        string folder = await InstallAsync("openai-node-7.59.0", OpenAI);
        string script = Path.Combine(AppContext.BaseDirectory, "Clients", "openai.mjs");
        string output = await RunAsync("node", folder, [script, folder, server.Endpoint.ToString()]);

        JsonElement seen = JsonElement.Parse(output);
        Assert.NotEmpty(seen.GetProperty("chat").GetString()!);
        Assert.Equal(seen.GetProperty("chat").GetString(), seen.GetProperty("streamedChat").GetString());
        Assert.Equal("red lamp", seen.GetProperty("asked")[0].GetString());
        Assert.Contains("42 euros", seen.GetProperty("toolAnswer").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(seen.GetProperty("response").GetString()!);
        Assert.Equal(seen.GetProperty("response").GetString(), seen.GetProperty("streamedResponse").GetString());
        Assert.Equal(seen.GetProperty("response").GetString(), seen.GetProperty("finalResponse").GetString());
        Assert.True(seen.GetProperty("cachedTokens").GetInt32() > 0);
        Assert.Equal("user", seen.GetProperty("inputItems")[0].GetProperty("role").GetString());
        Assert.Contains("42 euros", seen.GetProperty("responseToolAnswer").GetString(), StringComparison.Ordinal);
        Assert.True(seen.GetProperty("dimensions").GetInt32() > 16);
        Assert.Equal([ModelServer.Calls, ModelServer.Stories], seen.GetProperty("models").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal([404, 400, 404], seen.GetProperty("errors").EnumerateArray().Select(status => status.GetInt32()));
    }

    [ServerFact("node", "npm")]
    public async Task Request_over_time_is_not_repeated()
    {
        ScriptedClient client = new("slow") { Answer = (_, _, cancellation) => ScriptedClient.Endless(new(), cancellation) };
        await using TestHost host = await TestHost.StartAsync(client, options => options.RequestTimeout = TimeSpan.FromMilliseconds(200));
        string folder = await InstallAsync("openai-node-7.59.0", OpenAI);
        string script = Path.Combine(AppContext.BaseDirectory, "Clients", "over-time.mjs");

        string status = await RunAsync("node", folder, [script, folder, new Uri(host.Address, "v1").ToString()]);

        Assert.Equal("408", status.Trim());
        Assert.Single(client.Requests);
    }

    [ServerFact("node", "npm")]
    public async Task AI_SDK_goes_on_by_references_to_items()
    {
        string folder = await InstallAsync("ai-sdk-6.0.326", AISdk);
        string script = Path.Combine(AppContext.BaseDirectory, "Clients", "ai-sdk.mjs");
        string output = await RunAsync("node", folder, [script, folder, server.Endpoint.ToString()]);

        JsonElement seen = JsonElement.Parse(output);
        Assert.Equal("item_reference", seen.GetProperty("sent")[1].GetProperty("type").GetString());
        Assert.NotEmpty(seen.GetProperty("next").GetString()!);
        Assert.True(seen.GetProperty("cachedTokens").GetInt32() > 0, output);
        Assert.Contains("42 euros", seen.GetProperty("toolAnswer").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(seen.GetProperty("after").GetString()!);
    }

    private static async Task<string> InstallAsync(string name, string[] packages)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"retnet-{name}-{Environment.UserName}");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            // Installed beside it and moved, so that an installation that was interrupted is not taken for one.
            string installing = $"{folder}-{Guid.NewGuid():N}";
            Directory.CreateDirectory(installing);
            await RunAsync("npm", installing, ["install", "--no-audit", "--no-fund", .. packages]);
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            Directory.Move(installing, folder);
        }

        return folder;
    }

    private static async Task<string> RunAsync(string program, string folder, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using CancellationTokenSource limited = new(Limit);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limited.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limited.Token);
            await process.WaitForExitAsync(limited.Token);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await errors}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
