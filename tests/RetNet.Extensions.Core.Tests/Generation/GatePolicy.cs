using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Keeps one row, and lets a test run code in the middle of a scheduler's step.</summary>
internal sealed class GatePolicy : IMultiStatePolicy, IDisposable
{
    /// <summary>Set once a step has reached this policy.</summary>
    public ManualResetEventSlim Inside { get; } = new();

    /// <summary>Steps wait for it.</summary>
    public ManualResetEventSlim Open { get; } = new();

    /// <summary>Called in every step before it waits.</summary>
    public Action? Passing { get; set; }

    public string Name => "gate";

    public StateSize Size => 1;

    public AttentionNeeds Needs => AttentionNeeds.None;

    public void Keep(in MultiStateRows rows, Span<bool> keep)
    {
        Passing?.Invoke();
        Inside.Set();
        Open.Wait();
        keep[0] = true;
    }

    /// <summary>A request all of whose steps reach this policy.</summary>
    public GenerationRequest Request(int maxTokens = 3) =>
        new(
            SyntheticModel.Tokens(2), new GenerationOptions
            {
                MaxTokens = maxTokens,
                StopTokens = [],
                State = new StateOptions { Policy = this }
            });

    public void Dispose()
    {
        Open.Set();
        Inside.Dispose();
    }
}
