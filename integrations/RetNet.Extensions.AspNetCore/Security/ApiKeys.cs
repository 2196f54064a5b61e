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
        IEnumerable<string> keys = [.. options.Value.ApiKeys, .. (variable ?? "").Split(','), .. ReadFile(options.Value.ApiKeyFile)];
        _hashes = [.. keys.Select(key => key.Trim()).Where(key => key.Length > 0).Distinct().Select(Hash)];
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

    private static IEnumerable<string> ReadFile(string? path) =>
        path is null ? [] : File.ReadLines(path).Where(line => !line.StartsWith('#'));
}
