using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>Chooses the next tokens on the device, for all rows at once, as <see cref="Sampler"/> does on the CPU; one number per row is
/// copied back.</summary>
/// <remarks>Steps, their order and the draw are those of the sampler, so the same seed gives the same text, unless the rounding of a sum
/// decides.</remarks>
internal static class TokenChooser
{
    /// <summary>Chooses a token for every row.</summary>
    /// <param name="logits"><c>[n × vocabulary]</c>, float32; changed.</param>
    /// <param name="samplers">Each row's sampler; null if no token is needed.</param>
    /// <param name="tokens">Receives the tokens, <c>[n]</c>; −1 where the largest logit is NaN or +∞.</param>
    public static void Choose(Tensor logits, ReadOnlySpan<Sampler?> samplers, Span<int> tokens)
    {
        AddBias(logits, samplers);
        Penalise(logits, samplers);
        logits = RemoveForbidden(logits, samplers);
        Tensor chosen = logits.argmax(-1);
        Tensor largest = logits.gather(1, chosen.unsqueeze(1)).squeeze(1);
        DrawSettings settings = new(samplers, logits.size(1));
        if (settings.Draws)
            chosen = Draw(logits, settings, chosen);

        // A NaN counts as the largest.
        chosen = chosen.masked_fill((largest < float.PositiveInfinity).logical_not(), -1);
        ReadOnlySpan<long> host = MemoryMarshal.Cast<byte, long>(chosen.cpu().bytes);
        for (int row = 0; row < samplers.Length; row++)
        {
            if (samplers[row] is not null)
                tokens[row] = (int)host[row];
        }
    }

    private static void AddBias(Tensor logits, ReadOnlySpan<Sampler?> samplers)
    {
        List<long> places = [];
        List<float> values = [];
        for (int row = 0; row < samplers.Length; row++)
        {
            if (samplers[row] is not { } sampler)
                continue;
            foreach ((int token, float bias) in sampler.Bias)
            {
                places.Add((row * logits.size(1)) + token);
                values.Add(bias);
            }
        }

        if (places.Count > 0)
        {
            logits.reshape(-1).index_add_(0, torch.tensor(places.ToArray(), torch.int64, logits.device),
                torch.tensor(values.ToArray(), torch.float32, logits.device), 1);
        }
    }

    /// <summary>Repetition, frequency and presence penalties, in place.</summary>
    private static void Penalise(Tensor logits, ReadOnlySpan<Sampler?> samplers)
    {
        List<long> places = [];
        List<float> factors = [], less = [];
        for (int row = 0; row < samplers.Length; row++)
        {
            if (samplers[row] is not { History: { } history, Options: { } options })
                continue;
            foreach (int token in history.Tokens)
            {
                int times = history.TimesGenerated(token);
                places.Add((row * logits.size(1)) + token);
                factors.Add(options.RepetitionPenalty);
                less.Add(times > 0 ? (times * options.FrequencyPenalty) + options.PresencePenalty : 0);
            }
        }

        if (places.Count == 0)
            return;
        Tensor all = logits.reshape(-1), index = torch.tensor(places.ToArray(), torch.int64, logits.device);
        Tensor penalties = torch.tensor((float[])[.. factors, .. less], [2, places.Count], torch.float32, logits.device);
        Tensor of = all.index_select(0, index), factor = penalties.select(0, 0);
        all.scatter_(0, index, torch.where(of > 0, of / factor, of * factor) - penalties.select(0, 1));
    }

    /// <summary>Gives tokens that a row's sampler may not choose a logit of −∞. The bits are spread on the device: a token costs an eighth
    /// of a byte to copy there.</summary>
    private static Tensor RemoveForbidden(Tensor logits, ReadOnlySpan<Sampler?> samplers)
    {
        const int wordBits = 64;
        long vocabulary = logits.size(1), words = (vocabulary + wordBits - 1) / wordBits;
        long[]? allowed = null;
        for (int row = 0; row < samplers.Length; row++)
        {
            if (samplers[row] is not { Allowed: { IsEmpty: false } tokens })
                continue;
            if (allowed is null)
            {
                allowed = new long[samplers.Length * words];
                allowed.AsSpan().Fill(-1);
            }

            MemoryMarshal.Cast<ulong, long>(tokens).CopyTo(allowed.AsSpan((int)(row * words)));
        }

        if (allowed is null)
            return logits;
        Tensor bits = torch.tensor(allowed, [samplers.Length, words, 1], torch.int64, logits.device);
        Tensor places = torch.arange(wordBits, dtype: torch.int64, device: logits.device);
        Tensor isForbidden = bits.bitwise_right_shift(places).bitwise_and(torch.ones_like(places)).eq(0)
            .reshape(samplers.Length, words * wordBits).narrow(1, 0, vocabulary);
        return logits.masked_fill(isForbidden, float.NegativeInfinity);
    }

    /// <summary>Temperature, top-k, top-p, min-p and the draw.</summary>
    /// <returns><c>[n]</c> tokens; of greedy rows those of <paramref name="likeliest"/>.</returns>
    private static Tensor Draw(Tensor logits, DrawSettings settings, Tensor likeliest)
    {
        torch.ScalarType precise = TorchDevices.PreciseType(logits.device);
        long last = logits.size(1) - 1;
        Tensor[] columns = settings.ToDevice(logits.device, precise);
        (Tensor temperature, Tensor firstOfTopK, Tensor topP, Tensor minP, Tensor uniform) = (columns[0], columns[1], columns[2],
            columns[3], columns[4]);

        // The largest logit becomes 0, so that no temperature, however small, makes it infinite.
        Tensor largest = logits.amax([-1], keepdim: true);
        Tensor divisor = torch.where(temperature > 0, temperature, torch.ones_like(temperature)).to(torch.float32);
        Tensor scaled = (logits - torch.where(largest.isfinite(), largest, torch.zeros_like(largest))) / divisor;
        if (settings.UsesTopK)
        {
            Tensor threshold = torch.sort(scaled, -1).values.gather(1, firstOfTopK.to(torch.int64));
            scaled = scaled.masked_fill(scaled < threshold, float.NegativeInfinity);
        }

        // With top-p candidates are drawn in ascending order, without it in the order of their ids.
        Tensor candidates = torch.nn.functional.softmax(scaled, -1);
        Tensor? order = null;
        if (settings.UsesTopP)
            (candidates, order) = TopP(candidates, topP, precise);
        if (settings.UsesMinP)
            candidates = candidates.masked_fill(candidates < minP.to(torch.float32) * candidates.amax([-1], keepdim: true), 0);

        Tensor sums = candidates.cumsum(-1, precise), total = sums.narrow(-1, last, 1);
        Tensor place = (sums <= uniform * total).sum(-1, keepdim: true);

        // Rounding may leave a small remainder: take the last token with a probability.
        place = torch.minimum(place, (sums < total).sum(-1, keepdim: true));
        Tensor drawn = order is null ? place : order.gather(1, place);
        return torch.where(temperature > 0, drawn, likeliest.unsqueeze(1)).squeeze(1);
    }

    /// <summary>In ascending order, tokens are dropped while the dropped ones have a probability of at most 1 − p together; the most likely
    /// token stays.</summary>
    /// <returns>The probabilities in the order of the draw, 0 for dropped tokens, and their tokens.</returns>
    private static (Tensor Candidates, Tensor Order) TopP(Tensor probabilities, Tensor topP, torch.ScalarType precise)
    {
        (Tensor sorted, Tensor order) = torch.sort(probabilities, -1, descending: false, stable: true);
        Tensor isCut = topP < 1;
        Tensor goes = (sorted.cumsum(-1, precise) <= 1 - topP).logical_and(isCut);
        goes.narrow(-1, goes.size(1) - 1, 1).zero_();
        Tensor ids = torch.arange(probabilities.size(1), dtype: torch.int64, device: probabilities.device).unsqueeze(0);
        return (torch.where(isCut, sorted.masked_fill(goes, 0), probabilities), torch.where(isCut, order, ids));
    }

    /// <summary>The settings of the rows' samplers, one number of each kind for every row.</summary>
    private sealed class DrawSettings
    {
        private const int Kinds = 5;

        private readonly double[] _values;

        public DrawSettings(ReadOnlySpan<Sampler?> samplers, long vocabulary)
        {
            int rows = samplers.Length;
            _values = new double[Kinds * rows];
            for (int row = 0; row < rows; row++)
            {
                SamplingOptions options = samplers[row]?.Options ?? SamplingOptions.Greedy;
                if (options.IsGreedy)
                {
                    _values[(2 * rows) + row] = 1;
                    continue;
                }

                bool hasTopK = options.TopK > 0 && options.TopK < vocabulary;
                _values[row] = options.Temperature;
                _values[rows + row] = hasTopK ? vocabulary - options.TopK : 0;
                _values[(2 * rows) + row] = options.TopP;
                _values[(3 * rows) + row] = options.MinP;
                _values[(4 * rows) + row] = samplers[row]!.NextUniform();
                Draws = true;
                UsesTopK |= hasTopK;
                UsesTopP |= options.TopP < 1;
                UsesMinP |= options.MinP > 0;
            }
        }

        /// <summary>Whether any row is not greedy.</summary>
        public bool Draws { get; }

        public bool UsesTopK { get; }

        public bool UsesTopP { get; }

        public bool UsesMinP { get; }

        /// <summary>Temperature (0 for greedy rows), the place of the k-th largest logit in ascending order, p, min-p and the draw, each
        /// <c>[n × 1]</c>: one copy.</summary>
        public Tensor[] ToDevice(torch.Device device, torch.ScalarType type)
        {
            Tensor all = torch.tensor(_values, [Kinds, _values.Length / Kinds, 1], torch.float64).to(type).to(device);
            return [.. Enumerable.Range(0, Kinds).Select(kind => all.select(0, kind))];
        }
    }
}
