using RetNet.Extensions.AI.Conversations;
using static RetNet.Extensions.Conversations.Tests.Stores.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class FileConversationStoreTests(FileFixture fixture) : LastingStoreTests(fixture), IClassFixture<FileFixture>
{
    [Fact]
    public async Task A_writer_that_was_killed_leaves_the_conversation_as_it_was()
    {
        string id = ConversationId.New();
        await fixture.Store.WriteAsync(id, After(1, "first"), 0);
        string unfinished = fixture.PathOf(id) + ".partial";
        await File.WriteAllBytesAsync(unfinished, [1, 2, 3]);

        Assert.Equal(["first"], (await fixture.Open(expiry: null).ReadAsync(id)).Texts());
        await fixture.Open(expiry: null).WriteAsync(id, After(2, "second"), 1);

        Assert.Equal(["second"], (await fixture.Store.ReadAsync(id)).Texts());
        Assert.False(File.Exists(unfinished));
    }

    [Fact]
    public async Task Every_byte_before_the_conversation_counts()
    {
        string id = ConversationId.New();
        await fixture.Store.WriteAsync(id, After(1, "first"), 0);
        byte[] file = await File.ReadAllBytesAsync(fixture.PathOf(id));
        for (int i = 0; i < FileFixture.HeadLength; i++)
        {
            byte[] damaged = [.. file];
            damaged[i] ^= 0x40;
            await File.WriteAllBytesAsync(fixture.PathOf(id), damaged);
            await Assert.ThrowsAsync<InvalidDataException>(() => fixture.Store.ReadAsync(id).AsTask());
            await Assert.ThrowsAsync<InvalidDataException>(() => fixture.Store.WriteAsync(id, After(2, "second"), 1).AsTask());
        }

        Assert.False(await fixture.Store.DeleteAsync(ConversationId.New()));
        Assert.True(await fixture.Store.DeleteAsync(id));
    }

    [Fact]
    public async Task The_files_of_expired_conversations_can_be_deleted()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("conversations");
        try
        {
            FileConversationStore brief = new(folder.FullName, TimeSpan.FromMilliseconds(1));
            FileConversationStore lasting = new(folder.FullName);
            for (int i = 0; i < 5; i++)
                await brief.WriteAsync($"brief-{i}", After(1, "first"), 0);
            await lasting.WriteAsync("lasting", After(1, "first"), 0);
            for (DateTime limit = DateTime.UtcNow.AddMinutes(1); await lasting.ReadAsync("brief-4") is not null; await Task.Delay(1))
                Assert.True(DateTime.UtcNow < limit);

            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, $"{new string('a', 64)}.conversation.partial"), [1, 2, 3]);

            Assert.Equal(5, await lasting.DeleteExpiredAsync());
            Assert.Equal(0, await lasting.DeleteExpiredAsync());
            Assert.Equal(["first"], (await brief.ReadAsync("lasting")).Texts());
            Assert.Single(folder.EnumerateFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_cannot_be_deleted_does_not_keep_the_others()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("conversations");
        try
        {
            FileConversationStore brief = new(folder.FullName, TimeSpan.FromMilliseconds(1));
            for (int i = 0; i < 20; i++)
                await brief.WriteAsync($"brief-{i}", After(1, "first"), 0);
            for (DateTime limit = DateTime.UtcNow.AddMinutes(1); await brief.ReadAsync("brief-19") is not null; await Task.Delay(1))
                Assert.True(DateTime.UtcNow < limit);

            // A folder is no lock.
            string locks = Path.Combine(folder.FullName, "locks");
            string prefix = Directory.EnumerateFiles(folder.FullName).Select(Path.GetFileName).First()![..2];
            File.Delete(Path.Combine(locks, prefix));
            Directory.CreateDirectory(Path.Combine(locks, prefix));

            IOException failure = await Assert.ThrowsAsync<IOException>(() => brief.DeleteExpiredAsync());

            Assert.Contains(folder.FullName, failure.Message, StringComparison.Ordinal);
            Assert.NotEmpty(folder.GetFiles());
            Assert.All(folder.GetFiles(), file => Assert.StartsWith(prefix, file.Name, StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_write_that_fails_leaves_no_file()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("conversations");
        try
        {
            FileConversationStore store = new(folder.FullName);

            // Nothing can take the place of a folder.
            string id = ConversationId.New();
            await store.WriteAsync(id, After(1, "first"), 0);
            string path = Assert.Single(folder.GetFiles()).FullName;
            HookedTime time = new(() =>
            {
                if (File.Exists(path))
                    File.Delete(path);
                Directory.CreateDirectory(path);
            });
            FileConversationStore failing = new(folder.FullName, TimeSpan.FromDays(1), time);
            await Assert.ThrowsAnyAsync<Exception>(() => failing.WriteAsync(id, After(2, "second"), 1).AsTask());
            Assert.Empty(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_another_process_has_open_is_replaced()
    {
        string id = ConversationId.New();
        await fixture.Store.WriteAsync(id, After(1, "first"), 0);
        FileStream elsewhere = new(fixture.PathOf(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using (elsewhere)
        {
            Task write = fixture.Store.WriteAsync(id, After(2, "second"), 1).AsTask();

            // Windows replaces no open file, so that the write waits.
            Assert.False(OperatingSystem.IsWindows() && write.IsCompleted);
            await elsewhere.DisposeAsync();
            await write;
        }

        Assert.Equal(["second"], (await fixture.Store.ReadAsync(id)).Texts());
    }

    [Fact]
    public async Task Nobody_else_may_read_what_is_said()
    {
        string id = ConversationId.New();
        await fixture.Store.WriteAsync(id, After(1, "first"), 0);

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(fixture.PathOf(id)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FileConversationStore(fixture.Folder.FullName, TimeSpan.Zero));
    }

    private sealed class HookedTime(Action asked) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            asked();
            return base.GetUtcNow();
        }
    }
}
