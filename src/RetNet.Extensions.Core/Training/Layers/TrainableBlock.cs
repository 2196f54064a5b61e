namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>One block of a decoder.</summary>
internal sealed record TrainableBlock(MixingLayer Mixing, FeedForwardLayer FeedForward);
