using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Training;

/// <summary>The numbers of one step of AdamW.</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="GradientScale">Factor of the gradients.</param>
/// <param name="StepSize">lr / (1 − β₁ᵗ).</param>
/// <param name="InverseCorrection2">1 / √(1 − β₂ᵗ).</param>
/// <param name="Pool">The threads of a model on the CPU; null for the calling one.</param>
internal readonly record struct AdamWStep(double LearningRate, float GradientScale, float StepSize, float InverseCorrection2, WorkerPool? Pool);
