namespace RetNet.Extensions.Core.Training.Run;

/// <summary>What a <see cref="SequenceHead"/> learns about a sequence.</summary>
public enum SequenceLoss
{
    /// <summary>One class of several: softmax cross-entropy; a target is a class index from 0.</summary>
    CrossEntropy,

    /// <summary>Yes or no: logistic loss of one output; a target is 1 or 0.</summary>
    Logistic,

    /// <summary>A number: half the squared error of one output; a target is the number.</summary>
    SquaredError,
}
