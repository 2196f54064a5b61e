namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Works on a batch of texts where it happens to be; it keeps nothing. Its key is that of the batch.</summary>
[Alias("RetNet.ITextGrain")]
internal interface ITextGrain : IGrainWithGuidKey
{
    [Alias("Run"), ResponseTimeout("00:10:00")]
    Task<float[][]> RunAsync(string worker, string[] texts, CancellationToken cancellationToken);
}
