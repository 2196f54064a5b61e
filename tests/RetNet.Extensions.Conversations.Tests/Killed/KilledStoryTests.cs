using System.Diagnostics;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Conversations.Tests.Stores;
using RetNet.Extensions.Core;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Conversations.Tests.Killed;

/// <summary>A conversation whose process is killed goes on in another with the same text, and its history is not read anew.</summary>
public abstract class KilledStoryTests(LastingFixture fixture)
{
    private const string Model = "retnet-tinystories";

    [StoreFact]
    public async Task It_goes_on_with_the_same_text()
    {
        string id = ConversationId.New();
        List<string> lines = [];
        await RunUntilAsync(id, lines, line => line == StoryProgram.Piece, 5); // in the first turn
        await RunUntilAsync(id, lines, line => line.StartsWith("turn 1", StringComparison.Ordinal)); // between turns
        await RunUntilAsync(id, lines, line => line == StoryProgram.Ended); // while a turn is stored, or just before
        await RunUntilAsync(id, lines, line => line.StartsWith("turn 3", StringComparison.Ordinal));
        await RunUntilAsync(id, lines, line => line == StoryProgram.Piece, 5); // in the last turn
        await RunUntilAsync(id, lines, _ => false);

        using TextModel model = Story.LoadModel(Model);
        StoredConversation expected = StoredConversation.Empty;
        List<string> expectedLines = [];
        while (expected.Turn < Story.Questions.Length)
        {
            (expected, string line) = await Story.TurnAsync(model, expected, _ => { });
            expectedLines.Add(line);
        }

        StoredConversation kept = Assert.IsType<StoredConversation>(await fixture.Store.ReadAsync(id));
        Assert.Equal(expected.Turn, kept.Turn);
        Assert.Equal(expected.Messages.Select(message => (message.Role, message.Text)),
            kept.Messages.Select(message => (message.Role, message.Text)));
        Assert.True(expected.State.Span.SequenceEqual(kept.State.Span));

        // A turn may be stored, and its process killed before it says so.
        Assert.All(lines, line => Assert.Contains(line, expectedLines));
        Assert.DoesNotContain(expectedLines[1..], line => line.Contains(" 0 of them", StringComparison.Ordinal));
    }

    /// <summary>Runs the program, and kills it after the line that is looked for has come some times; or lets it end.</summary>
    private async Task RunUntilAsync(string id, List<string> turns, Func<string, bool> isLookedFor, int times = 1)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", typeof(StoryProgram).Assembly.Location, fixture.Place, id, Model])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("turn", StringComparison.Ordinal))
                turns.Add(line);

            // What it wrote until then is read, too.
            if (isLookedFor(line) && --times == 0)
                process.Kill();
        }

        await process.WaitForExitAsync();
        Assert.Equal("", await errors);
    }
}

[NeedsServer(RedisServer.Executable)]
public sealed class KilledStoryInRedisTests(RedisFixture fixture) : KilledStoryTests(fixture), IClassFixture<RedisFixture>;

[NeedsServer(PostgreSqlServer.Executable)]
public sealed class KilledStoryInPostgreSqlTests(PostgreSqlFixture fixture) : KilledStoryTests(fixture), IClassFixture<PostgreSqlFixture>;

public sealed class KilledStoryInFilesTests(FileFixture fixture) : KilledStoryTests(fixture), IClassFixture<FileFixture>;
