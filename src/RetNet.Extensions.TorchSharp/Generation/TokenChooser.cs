using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Generation;

/// <summary>Chooses the next tokens where the logits are, for all rows at once, as <see cref="Sampler"/> does it on the CPU; one number per row comes back.</summary>
/// <remarks>Steps, their order and the draw are those of the sampler, so the same seed gives the same text but where a sum's rounding decides.</remarks>
internal static class TokenChooser
{
    /// <summary>Chooses a token for every row.</summary>
    /// <param name="logits"><c>[n × vocabulary]</c>, float32; changed.</param>
    /// <param name="samplers">Each row's sampler; null where no token is wanted.</param>
    /// <param name="tokens">Receives the tokens, <c>[n]</c>.</param>
    public static void Choose(Tensor logits, ReadOnlySpan<Sampler?> samplers, Span<int> tokens)
    {
        bool draws = false;
        for (int row = 0; row < samplers.Length; row++)
        {
            if (samplers[row] is not { } sampler)
                continue;
            Penalise(logits.select(0, row), sampler);
            draws |= sampler.Options.Temperature > 0;
        }

        Tensor chosen = logits.argmax(-1);
        if (draws)
            chosen = torch.where(RowsOf(samplers, sampler => sampler.Options.Temperature, logits).squeeze(1) > 0, Draw(logits, samplers), chosen);
        ReadOnlySpan<long> host = MemoryMarshal.Cast<byte, long>(chosen.cpu().bytes);
        for (int row = 0; row < samplers.Length; row++)
        {
            if (samplers[row] is not null)
                tokens[row] = (int)host[row];
        }
    }

    /// <summary>Bias and penalties of one row, in place.</summary>
    private static void Penalise(Tensor logits, Sampler sampler)
    {
        if (!sampler.Bias.IsEmpty)
        {
            long[] biased = new long[sampler.Bias.Length];
            float[] bias = new float[biased.Length];
            for (int i = 0; i < biased.Length; i++)
                (biased[i], bias[i]) = sampler.Bias[i];
            logits.index_add_(0, torch.tensor(biased, torch.int64, logits.device), torch.tensor(bias, torch.float32, logits.device), 1);
        }

        if (sampler.History is not { Tokens.Length: > 0 } history)
            return;
        SamplingOptions options = sampler.Options;
        long[] seen = new long[history.Tokens.Length];
        float[] less = new float[seen.Length];
        for (int i = 0; i < seen.Length; i++)
        {
            int times = history.TimesGenerated(history.Tokens[i]);
            (seen[i], less[i]) = (history.Tokens[i], times > 0 ? (times * options.FrequencyPenalty) + options.PresencePenalty : 0);
        }

        Tensor index = torch.tensor(seen, torch.int64, logits.device);
        Tensor of = logits.index_select(0, index);
        Tensor penalised = torch.where(of > 0, of / options.RepetitionPenalty, of * options.RepetitionPenalty);
        logits.index_copy_(0, index, penalised - torch.tensor(less, torch.float32, logits.device));
    }

    /// <summary>Temperature, top-k, top-p, min-p and the draw.</summary>
    /// <returns><c>[n]</c> tokens; those of greedy rows mean nothing.</returns>
    private static Tensor Draw(Tensor logits, ReadOnlySpan<Sampler?> samplers)
    {
        long vocabulary = logits.size(1);

        // The largest becomes 0, so that no temperature, however small, takes it to infinity.
        Tensor largest = logits.max(-1, keepdim: true).values;
        Tensor scaled = (logits - torch.where(largest.isfinite(), largest, torch.zeros_like(largest))) / RowsOf(samplers, TemperatureOf, logits);
        Tensor ascending = torch.sort(scaled, -1, descending: false, stable: true).values;
        Tensor threshold = ascending.gather(1, RowsOf(samplers, sampler => FirstOfTopK(sampler, vocabulary), logits).to(torch.int64));
        scaled = scaled.masked_fill(scaled < threshold, float.NegativeInfinity);
        Tensor probabilities = torch.nn.functional.softmax(scaled, -1);

        // Ascending, tokens go as long as what goes has a probability of at most 1 − p together; the most likely one stays.
        (Tensor sorted, Tensor order) = torch.sort(probabilities, -1, descending: false, stable: true);
        Tensor topP = RowsOf(samplers, sampler => sampler.Options.TopP, logits);
        Tensor goes = (sorted.cumsum(-1, TorchDevices.PreciseType(logits.device)) <= 1.0 - topP).logical_and(topP < 1);
        goes.narrow(-1, vocabulary - 1, 1).zero_();
        sorted = sorted.masked_fill(goes, 0);
        Tensor least = RowsOf(samplers, sampler => sampler.Options.MinP, logits) * sorted.narrow(-1, vocabulary - 1, 1);
        sorted = sorted.masked_fill(sorted < least, 0);

        // Without top-p the candidates are drawn in the order of their ids.
        Tensor inOrder = torch.zeros_like(sorted).scatter_(1, order, sorted);
        Tensor isSorted = topP < 1;
        Tensor candidates = torch.where(isSorted, sorted, inOrder);
        Tensor sums = candidates.cumsum(-1, TorchDevices.PreciseType(logits.device));
        Tensor total = sums.narrow(-1, vocabulary - 1, 1);
        Tensor drawn = RowsOf(samplers, sampler => sampler.Options.Temperature > 0 ? sampler.NextUniform() : 0, logits) * total;
        Tensor place = (sums <= drawn).sum(-1, keepdim: true).clamp(0, vocabulary - 1);
        return torch.where(isSorted, order.gather(1, place), place).squeeze(1);
    }

    private static double TemperatureOf(Sampler sampler) => sampler.Options.Temperature > 0 ? sampler.Options.Temperature : 1;

    /// <summary>The place of the k-th largest logit in ascending order; the first place where all stay.</summary>
    private static double FirstOfTopK(Sampler sampler, long vocabulary) =>
        sampler.Options.TopK > 0 && sampler.Options.TopK < vocabulary ? vocabulary - sampler.Options.TopK : 0;

    /// <summary>One number for every row, <c>[n × 1]</c>.</summary>
    private static Tensor RowsOf(ReadOnlySpan<Sampler?> samplers, Func<Sampler, double> value, Tensor like)
    {
        double[] values = new double[samplers.Length];
        for (int row = 0; row < values.Length; row++)
            values[row] = samplers[row] is { } sampler ? value(sampler) : 0;
        return torch.tensor(values, torch.float64).to(TorchDevices.PreciseType(like.device)).to(like.device).unsqueeze(1);
    }
}
