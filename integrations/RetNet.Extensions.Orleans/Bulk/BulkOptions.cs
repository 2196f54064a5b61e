namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>How <see cref="IBulkTexts"/> works.</summary>
public sealed record BulkOptions
{
    /// <summary>Texts that are sent together. Default 16.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Batches that are on their way or being worked on at the same time. Default 16; take several for each silo.</summary>
    public int BatchesInFlight { get; init; } = 16;

    /// <summary>A file of results, one a line as JSON, which is written as they come. If it exists, it is continued: the texts that it has
    /// are read over, and not sent again. Default null: none.</summary>
    public string? ResultsPath { get; init; }

    /// <summary>Is told how many texts are done, those of the file included. Default null.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>How long a batch is repeated when silos fail. Default 60 seconds.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(60);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchesInFlight, 1);
    }
}
