using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

internal readonly record struct LinearExample(VBuffer<float> Features, float Label);
