namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>A series to learn from.</summary>
/// <param name="Values">Its values, NaN for a missing one; those behind <paramref name="Known"/> are only predicted.</param>
/// <param name="Known">The number of steps that the model is told.</param>
/// <param name="Ahead">Tokens without observations behind them.</param>
/// <param name="Seasons">The season lengths that the model is told.</param>
/// <param name="FirstTarget">The first step that is learned; those before it are only told.</param>
internal readonly record struct TrainingSeries(double[] Values, int Known, int Ahead, int[] Seasons, int FirstTarget = 0);
