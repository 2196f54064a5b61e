using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class FileFixture() : LastingFixture(executable: null)
{
    public const int HeadLength = 24;

    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("conversations");

    public override string Place => $"file|{Folder.FullName}";

    public override IConversationStore Open(TimeSpan? expiry) => new FileConversationStore(Folder.FullName, expiry);

    // Files need no process to keep them.
    public override Task CrashAsync() => Task.CompletedTask;

    public override async Task ReplaceAsync(string id, byte[] bytes)
    {
        string path = PathOf(id);
        byte[] file = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, [.. file[..HeadLength], .. bytes]);
    }

    public override Task DisposeAsync()
    {
        Folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    public string PathOf(string id) => Path.Combine(
        Folder.FullName, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id))) + ".conversation");

    protected override Task StartAsync() => Task.CompletedTask;
}
