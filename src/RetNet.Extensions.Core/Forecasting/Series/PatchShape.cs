namespace RetNet.Extensions.Core.Forecasting.Series;

/// <summary>How a series is cut into tokens.</summary>
/// <param name="Stride">Steps P from one token to the next.</param>
/// <param name="Window">The last W steps, which a token sees as they are.</param>
/// <param name="Horizon">The next L steps, whose quantiles a token predicts.</param>
internal readonly record struct PatchShape(int Stride, int Window, int Horizon)
{
    /// <summary>Season lengths that a token can be told about.</summary>
    public const int Seasons = 2;

    /// <summary>Steps of the window for which the value of one season before is shown.</summary>
    public const int LagWindow = 8;

    /// <summary>Values that describe the series as a whole.</summary>
    public const int Facts = 16;

    /// <summary>Values that describe one season beside its profile and its last values.</summary>
    public const int SeasonFacts = 4;

    /// <summary>Naive forecasts that a token's prediction is mixed from.</summary>
    public const int Naive = 1 + (3 * Seasons);

    /// <summary>Values of the window: each step and whether it was observed, the last values and the profile of each season.</summary>
    public int WindowFeatures => (2 * Window) + (Seasons * (LagWindow + Window));

    /// <summary>Values of the steps ahead: the last value of the same phase and the profile of each season.</summary>
    public int HorizonFeatures => Seasons * 2 * Horizon;

    /// <summary>The number F of values of a token.</summary>
    public int Features => WindowFeatures + HorizonFeatures + (Seasons * SeasonFacts) + Facts;

    /// <summary>The steps of all naive forecasts, <c>[K × L]</c>.</summary>
    public int NaiveSteps => Naive * Horizon;
}
