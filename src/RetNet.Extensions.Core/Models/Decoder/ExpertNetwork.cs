using System.Numerics.Tensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>
/// A sparse mixture of experts, <c>F(n) = Σ_j p_j F_j(n)</c> over the experts j that a token chooses (arXiv 2401.04088, section 2.1), and
/// one that every token passes, <c>+ g S(n)</c> with g = 1 or σ(w_g · n), where there is one.
/// </summary>
/// <remarks>The tokens of a wave are grouped by expert: an expert's weights are read once for all tokens that chose it, and those of an
/// expert that no token chose are not read. A token's result does not depend on the others.</remarks>
internal sealed unsafe class ExpertNetwork : FeedForward
{
    private readonly ExpertOptions _options;
    private readonly WeightMatrix _router;
    private readonly float* _routerBias;
    private readonly float* _selectionBias;
    private readonly GatedNetwork[] _experts;
    private readonly GatedNetwork? _shared;
    private readonly WeightMatrix? _sharedGate;

    public ExpertNetwork(ExpertsLayout layout, WeightLoader loader)
    {
        _options = layout.Options;

        // A score that is rounded may choose another expert, and the router is small.
        _router = loader.Matrix(layout.Router.Weights[0], WeightFormat.Auto);
        _routerBias = loader.Vector(layout.Router.Biases.SingleOrDefault());
        _selectionBias = loader.Vector(layout.SelectionBias);
        long before = loader.Bytes;
        _experts = [.. layout.Experts.Select(expert => new GatedNetwork(expert, weight => loader.Matrix(weight), loader))];
        loader.CountUnread((loader.Bytes - before) / _options.Count * (_options.Count - _options.PerToken));
        _shared = layout.Shared is { } shared ? new GatedNetwork(shared, loader.Projection, loader) : null;
        _sharedGate = layout.SharedGate is { } gate ? loader.Matrix(gate, WeightFormat.Auto) : null;
    }

    public override void Apply(
        WorkerPool pool, DecoderWorkspace w, delegate*<Span<float>, ReadOnlySpan<float>, void> activation, float* y, bool add)
    {
        ExpertWorkspace s = w.Experts!;
        int rows = w.Schedule.Rows, pairs = rows * _options.PerToken, d = _router.Columns, f = _options.Width;

        Linear.Apply(pool, _router, _routerBias, w.Normalized, rows, s.Scores);
        ExpertChoiceJob choice = new(_options, s.Scores, _selectionBias, s.Chosen, s.Weights);
        pool.For(rows, (long)rows * _options.Count * _options.PerToken, choice);
        s.GroupByExpert(rows);
        pool.For(rows, (long)pairs * d, new GatherJob(s.Pairs, w.Normalized, d));

        _shared?.Apply(pool, w, activation, s.Shared, add: false);
        if (_sharedGate is not null)
            Linear.Apply(pool, _sharedGate, null, w.Normalized, rows, s.SharedScores);

        Linear.ApplyGroups(pool, s.Inputs, pairs, BranchesOfChosen(s));
        Activations.Gate(pool, activation, s.Gate, s.Up, pairs, f);
        Linear.ApplyGroups(pool, s.Gate, pairs, OutputsOfChosen(s));

        // y may lie where n does, which is not read any more.
        pool.For(rows, (long)pairs * d, new MixJob(s.Pairs, y, d, add));
        if (_shared is not null)
            pool.For(rows, (long)rows * d, new AddSharedJob(s.Shared, _sharedGate is null ? null : s.SharedScores, y, d));
    }

    private ReadOnlySpan<LinearPart> BranchesOfChosen(ExpertWorkspace s)
    {
        int parts = 0;
        for (int i = 0; i < _experts.Length; i++)
        {
            (int first, int rows) = s.RowsOf(i);
            if (rows == 0)
                continue;
            GatedNetwork expert = _experts[i];
            long offset = (long)first * _options.Width;
            s.Parts[parts++] = new(expert.Gate, expert.GateBias, s.Gate + offset) { FirstRow = first, Rows = rows };
            s.Parts[parts++] = new(expert.Up, expert.UpBias, s.Up + offset) { FirstRow = first, Rows = rows };
        }

        return new(s.Parts, parts);
    }

    private ReadOnlySpan<LinearPart> OutputsOfChosen(ExpertWorkspace s)
    {
        int parts = 0;
        for (int i = 0; i < _experts.Length; i++)
        {
            (int first, int rows) = s.RowsOf(i);
            if (rows == 0)
                continue;
            GatedNetwork expert = _experts[i];
            s.Parts[parts++] =
                new(expert.Down, expert.DownBias, s.Outputs + ((long)first * expert.Down.Rows)) { FirstRow = first, Rows = rows };
        }

        return new(s.Parts, parts);
    }

    /// <summary><c>y += g S(n)</c>; an index is a token. Without scores g is 1.</summary>
    private readonly struct AddSharedJob(float* shared, float* scores, float* y, int width) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (long token = from; token < to; token++)
            {
                Span<float> sum = new(y + (token * width), width);
                float gate = scores is null ? 1 : 1 / (1 + MathF.Exp(-scores[token]));
                TensorPrimitives.FusedMultiplyAdd(new ReadOnlySpan<float>(shared + (token * width), width), gate, sum, sum);
            }
        }
    }

    /// <summary>Copies each token's input to the rows of its experts; an index is a token.</summary>
    private readonly struct GatherJob(ExpertPairs pairs, float* n, int width) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (long token = from; token < to; token++)
            {
                ReadOnlySpan<float> row = new(n + (token * width), width);
                for (int j = 0; j < pairs.PerToken; j++)
                    row.CopyTo(pairs.Row(pairs.Inputs, token, j, width));
            }
        }
    }

    /// <summary><c>y (+)= Σ_j p_j F_j(n)</c>, the expert with the highest score first; an index is a token.</summary>
    private readonly struct MixJob(ExpertPairs pairs, float* y, int width, bool add) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (long token = from; token < to; token++)
            {
                Span<float> sum = new(y + (token * width), width);
                if (!add)
                    sum.Clear();
                for (int j = 0; j < pairs.PerToken; j++)
                    TensorPrimitives.FusedMultiplyAdd(pairs.Row(pairs.Outputs, token, j, width), pairs.Weight(token, j), sum, sum);
            }
        }
    }
}
