namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The rows of one sequence in a batch.</summary>
/// <param name="FirstRow">Its first row.</param>
/// <param name="Length">Its number of tokens.</param>
/// <param name="Position">The position of its first token: above 0 where it goes on from an earlier batch.</param>
internal readonly record struct TrainingSequence(int FirstRow, int Length, long Position);
