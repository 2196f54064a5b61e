using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The end of a forward: final norm and language-model head for the rows that the batch asks for.</summary>
internal static unsafe class OutputHead
{
    /// <summary><c>logits = cap(s · W_lm n_f(x))</c>, or n_f(x) alone, for a wave.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="schedule">The wave.</param>
    /// <param name="x">The residual stream, <c>[rows × d]</c>.</param>
    /// <param name="scratch"><c>[rows × d]</c>.</param>
    /// <param name="weights">n_f, and W_lm, which only logits need.</param>
    /// <param name="settings">The norm's ε, and s and the cap of the logits.</param>
    /// <param name="output">The batch's output.</param>
    public static void Write(
        WorkerPool pool, in ForwardBatch batch, BlockSchedule schedule, float* x, float* scratch, DecoderWeights weights,
        DecoderSettings settings, Span<float> output)
    {
        int d = weights.Width, vocabulary = weights.VocabularySize;
        float* norm = weights.FinalNorm;
        float epsilon = settings.NormEpsilon;
        fixed (float* target = output)
        fixed (ulong* wanted = batch.Wanted)
        {
            switch (batch.Output)
            {
                case ForwardOutput.AllHidden:
                    Normalization.Rms(pool, x, norm, target + ((long)schedule.FirstToken * d), schedule.Rows, d, epsilon);
                    break;
                case ForwardOutput.AllLogits:
                    Normalization.Rms(pool, x, norm, scratch, schedule.Rows, d, epsilon);
                    float* all = target + ((long)schedule.FirstToken * vocabulary);
                    Linear.Apply(pool, weights.Head!, null, scratch, schedule.Rows, all);
                    Bound(pool, settings, all, schedule.Rows, vocabulary);
                    break;
                default:
                    // Logits in the middle of an input that later forwards continue are not computed. Sequences that decode come first in a
                    // batch, such pieces last.
                    int row = 0, rows = 0;
                    foreach (Block block in schedule.Blocks)
                    {
                        if (!block.EndsForward)
                            continue;
                        Normalization.Rms(x + ((long)(block.FirstRow + block.Rows - 1) * d), norm, scratch + ((long)row++ * d), 1, d,
                            epsilon);
                        if (block.EndsInput)
                            rows = row;
                    }

                    if (rows > 0)
                    {
                        float* logits = target + ((long)schedule.FirstEnding * vocabulary);
                        Linear.Apply(pool, weights.Head!, null, scratch, rows, logits, wanted: wanted);
                        Bound(pool, settings, logits, rows, vocabulary);
                    }

                    break;
            }
        }
    }

    private static void Bound(WorkerPool pool, DecoderSettings settings, float* logits, int rows, int vocabulary)
    {
        if (!settings.HasPlainLogits)
            SoftCap.Apply(pool, logits, rows, vocabulary, settings.LogitScale, settings.LogitSoftCap);
    }
}
