namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Works on batches of texts where it happens to be; it keeps nothing. Its key is a number.</summary>
[Alias("RetNet.ITextGrain")]
internal interface ITextGrain : IGrainWithIntegerKey
{
    [Alias("Run"), ResponseTimeout("00:10:00")]
    Task<float[][]> RunAsync(string worker, string[] texts, CancellationToken cancellationToken);
}
