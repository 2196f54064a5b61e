using Microsoft.ML.Data;

namespace Microsoft.ML.Trainers;

internal readonly record struct LinearExample(VBuffer<float> Features, float Label);
