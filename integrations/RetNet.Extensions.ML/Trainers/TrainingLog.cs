using System.Globalization;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Writes a line per epoch to ML.NET's log, and passes every step on. A step ends training if the host was cancelled.</summary>
/// <param name="host">Cancels training.</param>
/// <param name="channel">The log.</param>
/// <param name="epochs">The number of epochs.</param>
/// <param name="next">The caller's own receiver; null for none.</param>
internal sealed class TrainingLog(IHost host, IChannel channel, int epochs, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
{
    private double _lossSum;
    private int _steps;
    private int _epoch = 1;

    public void Report(TrainingProgress value)
    {
        next?.Report(value);
        host.CheckAlive();
        if (!double.IsNaN(value.Loss))
        {
            _lossSum += value.Loss;
            _steps++;
        }

        if (value.Step < value.Steps && value.Epoch < _epoch)
            return;
        string validation = value.ValidationLoss is { } loss
            ? string.Create(CultureInfo.InvariantCulture, $", validation loss {loss:0.0000}")
            : "";
        string training = _steps > 0
            ? string.Create(CultureInfo.InvariantCulture, $"loss {_lossSum / _steps:0.0000}")
            : "nothing to learn";
        channel.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Epoch {_epoch} of {epochs}: {training}{validation}, {value.TokensPerSecond:0} tokens/s, "
                + $"{value.Remaining.TotalSeconds:0} s left."));
        (_lossSum, _steps) = (0, 0);
        _epoch++;
    }
}
