using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Tool.Serving;

/// <summary>Deletes the files of conversations that have expired, when the server starts and every hour.</summary>
internal sealed partial class ExpiredSessions(FileConversationStore store, ILogger<ExpiredSessions> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval);
        do
        {
            try
            {
                await store.DeleteExpiredAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogFailure(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of expired conversations could not be deleted. They are tried again later.")]
    private partial void LogFailure(Exception exception);
}
