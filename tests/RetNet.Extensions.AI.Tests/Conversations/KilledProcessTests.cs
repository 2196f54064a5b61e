using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests.Conversations;

/// <summary>A process that is killed in the middle of an answer loses nothing that was said before.</summary>
public sealed class KilledProcessTests : IDisposable
{
    private static readonly string[] Questions = ["Tell me a story about a dog.", "And then? What did the cat say?", "How did it end?"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("retnet-tinystories", "-")]
    [InlineData("llama-tinystories", "tova")]
    public async Task The_next_process_goes_on_with_the_text_of_an_uninterrupted_one(string name, string policy)
    {
        string[] expected = await UninterruptedAsync(name, policy);
        TalkingProgram.Said first;
        await using (Talk before = new(name, _folder.FullName, policy))
        {
            first = await before.AnswerAsync("-", Questions[0]);
            await before.AskAsync(first.Id, Questions[1]);
            await before.KillAsync();
        }

        await using Talk after = new(name, _folder.FullName, policy);
        TalkingProgram.Said second = await after.AnswerAsync(first.Id, Questions[1]);
        TalkingProgram.Said third = await after.AnswerAsync(first.Id, Questions[2]);

        Assert.Equal(expected, (string[])[first.Text, second.Text, third.Text]);
        Assert.Equal((first.Id, first.Id), (second.Id, third.Id));

        // What is read is the new message, and the last answer where the policy has dropped rows while that was written.
        long answer = policy == "-" ? 0 : 24;
        Assert.InRange(second.Read - second.Cached, 1, answer + 30);
        Assert.InRange(third.Read - third.Cached, 1, answer + 30);
        Assert.InRange(second.Cached, first.Read - 1, second.Read);
        Assert.InRange(third.Cached, second.Read - 1, third.Read);
    }

    private static async Task<string[]> UninterruptedAsync(string name, string policy)
    {
        using RetNetChatClient client = new(Models.Get(name), new RetNetChatClientOptions { MaxConversations = 0 });
        List<ChatMessage> history = [];
        List<string> texts = [];
        foreach (string question in Questions)
        {
            history.Add(new(ChatRole.User, question));
            ChatResponse response = await client.GetResponseAsync(history, TalkingProgram.Options(policy));
            history.AddMessages(response);
            texts.Add(response.Text);
        }

        return [.. texts];
    }

    /// <summary>A process of <see cref="TalkingProgram"/>.</summary>
    private sealed class Talk(string model, string folder, string policy) : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

        private readonly Process _process = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", typeof(TalkingProgram).Assembly.Location, TalkingProgram.Argument, model, folder, policy])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

        /// <summary>Sends a message, and waits until its answer is under way.</summary>
        public async Task AskAsync(string id, string question)
        {
            await _process.StandardInput.WriteLineAsync($"{id} {question}");
            Assert.Equal(TalkingProgram.Midway, await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        }

        public async Task<TalkingProgram.Said> AnswerAsync(string id, string question)
        {
            await AskAsync(id, question);
            await _process.StandardInput.WriteLineAsync("go on");
            string? said = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            return JsonSerializer.Deserialize<TalkingProgram.Said>(said!)!;
        }

        /// <summary>Ends it as kill -9 does.</summary>
        public async Task KillAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
                await KillAsync();
            _process.Dispose();
        }
    }
}
