using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>Keeps each conversation in a file of a folder, which several processes may use. The name of a file is the SHA-256 of the
/// conversation's id.</summary>
/// <remarks>
/// <para>A file has the mark <c>RNCF</c>, a version (int32), when the conversation expires (int64: milliseconds since 1970) and that number
/// inverted, and then what <see cref="StoredConversation.ToBytes"/> writes, with a version and a checksum of its own.</para>
/// <para>A write goes to a temporary file, is flushed to the disk and takes the place of the old file as a whole, so that a process that is
/// killed meanwhile leaves the conversation as it was. When the new name of the file reaches the disk is the file system's affair: after a
/// power cut the last turn may be the one before. Writes to a conversation exclude each other, also between processes, by a lock on
/// one of 256 files in the folder <c>locks</c>; on a file system without locks, such as some network shares, one process must do all
/// writing. Only the user of the process can read files that it creates; on Windows they inherit the folder's permissions.</para>
/// </remarks>
public sealed class FileConversationStore : IConversationStore
{
    private const string Suffix = ".conversation";
    private const string Partial = ".partial";
    private const uint Mark = 0x46434E52; // "RNCF"
    private const int Version = 1;
    private const int HeadLength = 24;
    private const long Never = long.MaxValue;

    // What opening a locked file fails with: EAGAIN of Linux and of macOS, a sharing violation of Windows.
    private static readonly int[] IsLocked = [11, 35, unchecked((int)0x80070020)];
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>How long a write waits, on Windows, for whatever has the old file open.</summary>
    private static readonly TimeSpan ReplacePatience = TimeSpan.FromSeconds(10);

    private readonly string _folder;
    private readonly string _locks;
    private readonly TimeSpan? _expiry;
    private readonly TimeProvider _time;

    /// <summary>Opens a store.</summary>
    /// <param name="folder">The folder; it is created if it does not exist.</param>
    /// <param name="expiry">How long after a turn that this store writes the conversation is forgotten; null, the default, for never. See
    /// <see cref="DeleteExpiredAsync"/>.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The expiry is not positive.</exception>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public FileConversationStore(string folder, TimeSpan? expiry = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (expiry is { } after)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(after, TimeSpan.Zero, nameof(expiry));
        (_folder, _expiry, _time) = (Path.GetFullPath(folder), expiry, time ?? TimeProvider.System);
        _locks = Path.Combine(_folder, "locks");
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_locks);
        else
            Directory.CreateDirectory(_locks, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <inheritdoc/>
    public async ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        string path = PathOf(id);
        cancellationToken.ThrowIfCancellationRequested();
        byte[] bytes;
        try
        {
            // A reader does not hinder the writer that deletes the file; on Windows one that replaces it waits.
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0,
                useAsync: true);
            await using (file.ConfigureAwait(false))
            {
                bytes = new byte[file.Length];
                await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            return IsExpired(bytes) ? null : StoredConversation.FromBytes(bytes.AsSpan(HeadLength));
        }
        catch (InvalidDataException exception)
        {
            throw Damaged(id, path, exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its lock is not this user's; on Windows also: it stays open
    /// elsewhere.</exception>
    public async ValueTask WriteAsync(
        string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
    {
        string path = PathOf(id);
        ArgumentNullException.ThrowIfNull(conversation);
        byte[] bytes = conversation.ToBytes();
        using FileStream held = await LockAsync(path, cancellationToken).ConfigureAwait(false);
        long found;
        try
        {
            found = ReadHead(path) is { } head && !IsExpired(head) ? StoredConversation.ReadTurn(head.AsSpan(HeadLength)) : 0;
        }
        catch (InvalidDataException exception)
        {
            throw Damaged(id, path, exception);
        }

        if (found != storedTurn)
            throw new ConversationConflictException(id, storedTurn, found);
        await ReplaceAsync(path, bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Damaged ones, too.</remarks>
    /// <exception cref="IOException">The file cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its lock is not this user's.</exception>
    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        string path = PathOf(id);
        using FileStream held = await LockAsync(path, cancellationToken).ConfigureAwait(false);
        bool isKept = ReadHead(path) is { } head && !IsGone(head);
        File.Delete(path);
        return isKept;
    }

    /// <summary>Deletes the files of conversations that have expired, which otherwise stay, and what is left of writes whose process was
    /// killed.</summary>
    /// <param name="cancellationToken">Cancels the deletion between two files.</param>
    /// <returns>How many conversations were deleted.</returns>
    /// <exception cref="IOException">Files cannot be read or deleted; all others were dealt with.</exception>
    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken = default)
    {
        int deleted = 0;
        List<Exception> failures = [];
        foreach (string path in Directory.EnumerateFiles(_folder, "*" + Suffix))
        {
            await TryAsync(async () =>
            {
                if (!IsGone())
                    return;
                using FileStream held = await LockAsync(path, cancellationToken).ConfigureAwait(false);
                if (!IsGone())
                    return;
                File.Delete(path);
                deleted++;
            }).ConfigureAwait(false);

            bool IsGone() => ReadHead(path) is { } head && this.IsGone(head);
        }

        // Nobody writes one that is there under the lock.
        foreach (string path in Directory.EnumerateFiles(_folder, "*" + Suffix + Partial))
        {
            await TryAsync(async () =>
            {
                using FileStream held = await LockAsync(path, cancellationToken).ConfigureAwait(false);
                File.Delete(path);
            }).ConfigureAwait(false);
        }

        return failures.Count == 0 ? deleted : throw new IOException(
            $"{failures.Count} files of conversations in {_folder} cannot be read or deleted; {deleted} were deleted. The first: "
                + failures[0].Message, failures[0]);

        async Task TryAsync(Func<Task> delete)
        {
            try
            {
                await delete().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                failures.Add(exception);
            }
        }
    }

    private static InvalidDataException Damaged(string id, string path, InvalidDataException reason) =>
        new($"Conversation '{id}' in {path} cannot be read: {reason.Message}", reason);

    private string PathOf(string id)
    {
        ConversationId.Check(id);
        return Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id))) + Suffix);
    }

    /// <summary>What tells expiry and turn; null if there is no file.</summary>
    private static byte[]? ReadHead(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] head = new byte[HeadLength + StoredConversation.TurnEnd];
            return head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private bool IsGone(byte[] head)
    {
        try
        {
            return IsExpired(head);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private bool IsExpired(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadLength)
            throw new InvalidDataException($"it has {head.Length} bytes, expected at least {HeadLength}.");
        uint mark = BinaryPrimitives.ReadUInt32LittleEndian(head);
        int version = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        long expires = BinaryPrimitives.ReadInt64LittleEndian(head[8..]);
        if (mark != Mark || version != Version || BinaryPrimitives.ReadInt64LittleEndian(head[16..]) != ~expires)
        {
            throw new InvalidDataException($"it begins with 0x{mark:X8}, version {version} and an expiry of {expires}, expected "
                + $"0x{Mark:X8}, version {Version} and an expiry that is repeated inverted.");
        }

        return expires <= _time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    /// <summary>Under the lock, so that the temporary file has one writer; what an earlier one left is overwritten.</summary>
    private async Task ReplaceAsync(string path, byte[] conversation, CancellationToken cancellationToken)
    {
        // In milliseconds, because dates end with the year 9999.
        long expires = _expiry is { } after ? _time.GetUtcNow().ToUnixTimeMilliseconds() + (long)after.TotalMilliseconds : Never;
        byte[] head = new byte[HeadLength];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), expires);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), ~expires);
        string temporary = path + Partial;
        try
        {
            using (FileStream file = new(temporary, NewFile(FileMode.Create)))
            {
                file.Write(head);
                file.Write(conversation);
                file.Flush(flushToDisk: true);
            }

            await MoveAsync(temporary, path, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Windows does not replace a file that is open, however it was opened.</summary>
    private static async Task MoveAsync(string from, string to, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                File.Move(from, to, overwrite: true);
                return;
            }
            catch (Exception exception) when (OperatingSystem.IsWindows() && exception is IOException or UnauthorizedAccessException
                && Stopwatch.GetElapsedTime(began) < ReplacePatience)
            {
                await Task.Delay(LockInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // The failure of the write says more than that of the deletion.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // DeleteExpiredAsync finds it.
        }
    }

    /// <summary>Waits for the sole right to write a conversation, until the result is disposed or the process ends.</summary>
    private async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        string file = Path.Combine(_locks, Path.GetFileName(path)[..2]);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(file, NewFile(FileMode.OpenOrCreate));
            }
            catch (IOException exception) when (IsLocked.Contains(exception.HResult))
            {
                await Task.Delay(LockInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static FileStreamOptions NewFile(FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
