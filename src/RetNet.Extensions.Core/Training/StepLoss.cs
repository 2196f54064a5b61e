namespace RetNet.Extensions.Core.Training;

/// <summary>What a step computed: the mean loss of its batches, and how many tokens they have.</summary>
internal readonly record struct StepLoss(double Mean, long Tokens);
