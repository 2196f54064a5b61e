namespace RetNet.Extensions.Core.Training;

/// <summary>One of the running means of AdamW.</summary>
internal enum AdamWMoment
{
    /// <summary>m, of the gradients.</summary>
    Mean,

    /// <summary>v, of their squares.</summary>
    MeanSquare,
}
