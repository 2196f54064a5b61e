using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.AspNetCore.Security;

/// <summary>The API keys of the server, of which only hashes are kept.</summary>
internal sealed class ApiKeys
{
    private readonly byte[][] _hashes;

    public ApiKeys(IOptions<RetNetOpenAIOptions> options, IConfiguration? configuration = null)
    {
        string? variable = configuration is null
            ? Environment.GetEnvironmentVariable(RetNetOpenAIOptions.ApiKeyVariable)
            : configuration[RetNetOpenAIOptions.ApiKeyVariable];
        (string Key, string Place)[] keys =
        [
            .. options.Value.ApiKeys.Select(key => (key, nameof(options.Value.ApiKeys))),
            .. (variable ?? "").Split(',').Select(key => (key, RetNetOpenAIOptions.ApiKeyVariable)),
            .. ReadFile(options.Value.ApiKeyFile),
        ];
        _hashes = [.. keys.Select(Trim).Where(key => key.Length > 0).Distinct().Select(Hash)];
        if (_hashes.Length == 0 && options.Value.ApiKeyFile is { } file)
            throw new InvalidOperationException($"{nameof(options.Value.ApiKeyFile)} '{file}' has no key; expected one a line.");
    }

    /// <summary>Whether there are keys.</summary>
    public bool Exist => _hashes.Length > 0;

    /// <summary>Whether a text is one of the keys, in a time that does not depend on which.</summary>
    public bool Contain(string candidate)
    {
        byte[] hash = Hash(candidate);
        bool isFound = false;
        foreach (byte[] key in _hashes)
            isFound |= CryptographicOperations.FixedTimeEquals(key, hash);
        return isFound;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>A key without white space around it.</summary>
    /// <exception cref="InvalidOperationException">It has white space within, as a comment or a second key makes it, so that no client
    /// would have it.</exception>
    private static string Trim((string Key, string Place) entry)
    {
        string key = entry.Key.Trim();
        return key.Any(char.IsWhiteSpace)
            ? throw new InvalidOperationException($"The API key in {entry.Place} has white space within; expected a key without.")
            : key;
    }

    private static IEnumerable<(string Key, string Place)> ReadFile(string? path) => path is null ? []
        : File.ReadLines(path).Select((line, index) => (WithoutComment(line), $"line {index + 1} of '{path}'"));

    /// <summary>A line up to its comment, which begins with a # at the start or after white space: a key may have one within.</summary>
    private static string WithoutComment(string line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '#' && (i == 0 || char.IsWhiteSpace(line[i - 1])))
                return line[..i];
        }

        return line;
    }
}
