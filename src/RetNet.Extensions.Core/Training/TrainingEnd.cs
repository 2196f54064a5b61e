namespace RetNet.Extensions.Core.Training;

/// <summary>Why a training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All steps were done.</summary>
    Completed,

    /// <summary>The time limit was reached.</summary>
    TimeLimit,

    /// <summary>The validation loss stopped falling.</summary>
    EarlyStopping,
}
