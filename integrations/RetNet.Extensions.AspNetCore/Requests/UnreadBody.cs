using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>What a client still writes of a request that is answered already. Most clients read the answer only when they have written
/// everything, and a connection that is closed before is an error to them, after which they send the request again.</summary>
internal static class UnreadBody
{
    private const long MostBytes = 64L << 20;
    private const int Piece = 16 << 10;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    /// <summary>Leaves the length of the body to <see cref="JsonBody"/>: a server closes the connection where its own limit is
    /// passed.</summary>
    public static void Unlimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = null;
    }

    /// <summary>Reads and drops the rest of the body, after the answer was sent. Where that is too much or takes too long, the connection
    /// is closed.</summary>
    /// <param name="context">The request.</param>
    /// <param name="time">Measures how long that takes.</param>
    public static async Task DropAsync(HttpContext context, TimeProvider time)
    {
        // Such a client waits for the answer, and then writes nothing.
        if (context.Request.Headers.Expect.Count > 0)
            return;
        using CancellationTokenSource overTime = new(MostTime, time);
        using CancellationTokenSource limited =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, overTime.Token);
        byte[] piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (long dropped = 0; dropped <= MostBytes;)
            {
                int read = await context.Request.Body.ReadAsync(piece, limited.Token).ConfigureAwait(false);
                if (read == 0)
                    return;
                dropped += read;
            }
        }
        catch (OperationCanceledException)
        {
            // Over time.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        context.Abort();
    }
}
