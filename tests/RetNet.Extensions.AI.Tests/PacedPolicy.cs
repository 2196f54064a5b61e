using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A window under which a model writes a few tokens and then waits for its reader, however slow that is. Serves one text; a model
/// that waits is released by <see cref="Dispose"/>.</summary>
internal sealed class PacedPolicy : IMultiStatePolicy, IDisposable
{
    private const int Pace = 8;

    private readonly SemaphoreSlim _reads = new(0);
    private int _steps;

    public string Name => "paced";

    public StateSize Size => 8;

    public AttentionNeeds Needs => AttentionNeeds.None;

    /// <summary>Options of a text under this policy, which no token ends.</summary>
    public GenerationOptions Options => new() { StopTokens = [], State = new() { Policy = this } };

    /// <summary>Lets the model write a few more tokens.</summary>
    public void HasRead() => _reads.Release();

    public void Keep(in MultiStateRows rows, Span<bool> keep)
    {
        keep[^rows.Limit..].Fill(true);
        if (rows.Layer == 0 && ++_steps % Pace == 0)
            _reads.Wait();
    }

    public void Dispose() => _reads.Release(1_000_000);
}
