using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Models;

/// <summary>Loads the models of the host in the background when it starts, so that no request has to.</summary>
internal sealed partial class ModelLoader(ServedModels models, ILogger<ModelLoader> logger) : BackgroundService
{
    private readonly HashSet<SharedModel> _failed = [];

    /// <summary>Whether a model could not be loaded; its next use tries again.</summary>
    public bool HasFailed(SharedModel model)
    {
        lock (_failed)
            return _failed.Contains(model) && model.Loaded is null;
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        models.All.SelectMany(model => model.OwnModels).Distinct().Select(model => LoadAsync(model, stoppingToken)));

    private async Task LoadAsync(SharedModel model, CancellationToken stopping)
    {
        try
        {
            await model.GetAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !stopping.IsCancellationRequested)
        {
            LogFailure(model.Name, exception);
            lock (_failed)
                _failed.Add(model);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The model is disposed with the host.
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Model {Model} cannot be loaded; its next use tries again.")]
    private partial void LogFailure(string model, Exception exception);
}
