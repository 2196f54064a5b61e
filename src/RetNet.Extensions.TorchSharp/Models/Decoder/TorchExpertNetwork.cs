using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>A sparse mixture of experts, <c>F(n) = Σ_j p_j F_j(n)</c> over the experts j that a token chooses (arXiv 2401.04088, section
/// 2.1), and one that every token passes, <c>+ g S(n)</c> with g = 1 or σ(w_g · n), where there is one.</summary>
/// <remarks>The host reads which experts were chosen: then each of them computes all its tokens at once, and the others nothing.</remarks>
internal sealed class TorchExpertNetwork : TorchFeedForward
{
    private readonly ExpertOptions _options;
    private readonly Tensor _router;
    private readonly Tensor? _routerBias;
    private readonly Tensor? _selectionBias;
    private readonly TorchGatedNetwork[] _experts;
    private readonly TorchGatedNetwork? _shared;
    private readonly Tensor? _sharedGate;

    /// <inheritdoc cref="TorchFeedForward.Load"/>
    public TorchExpertNetwork(
        ExpertsLayout layout, Func<WeightDeclaration[], Tensor> matrix, Func<WeightDeclaration[], Tensor?> bias,
        Func<WeightDeclaration[], Tensor?> unrounded)
    {
        _options = layout.Options;

        // A score that is rounded may choose another expert, and the router is small.
        (_router, _routerBias) = (unrounded(layout.Router.Weights)!, unrounded(layout.Router.Biases));
        _selectionBias = layout.SelectionBias is { } selection ? unrounded([selection]) : null;
        _experts = [.. layout.Experts.Select(expert => new TorchGatedNetwork(expert, matrix, bias))];
        _shared = layout.Shared is { } shared ? new TorchGatedNetwork(shared, matrix, bias) : null;
        _sharedGate = layout.SharedGate is { } gate ? unrounded([gate]) : null;
    }

    public override Tensor Apply(Tensor n, torch.ScalarType type, Func<Tensor, Tensor, Tensor> activate)
    {
        (Tensor chosen, Tensor weights) = Choose(Linear(n, _router, _routerBias, torch.float32));

        // The pairs of tokens and experts, by expert.
        weights = weights.reshape(-1, 1);
        long[] experts = chosen.reshape(-1).cpu().data<long>().ToArray();
        Tensor sum = Shared(n, type, activate) ?? torch.zeros(n.shape, torch.float32, n.device);
        foreach (IGrouping<long, int> pairs in Enumerable.Range(0, experts.Length).GroupBy(pair => experts[pair]).OrderBy(g => g.Key))
        {
            Tensor rows = torch.tensor([.. pairs.Select(pair => (long)(pair / _options.PerToken))], torch.int64, n.device);
            Tensor places = torch.tensor([.. pairs.Select(pair => (long)pair)], torch.int64, n.device);
            Tensor output = _experts[pairs.Key].Apply(n.index_select(0, rows), type, activate).to(torch.float32);
            sum = sum.index_add(0, rows, output * weights.index_select(0, places), 1);
        }

        return sum;
    }

    /// <summary>The experts of tokens and their weights p = c s / Σ s over the chosen ones, or c s, each <c>[rows × k]</c>, of the
    /// router's outputs z, with s = softmax(z) or σ(z): those with the highest s, or s + b.</summary>
    private (Tensor Chosen, Tensor Weights) Choose(Tensor z)
    {
        const float smallest = 1e-20f;

        // Scores grow with z, and the chosen ones of a softmax, divided by their sum, are a softmax over the chosen z.
        bool isOverChosen = _options.NormalizesWeights && !_options.SigmoidScores;
        Tensor scores = isOverChosen && _selectionBias is null ? z : _options.SigmoidScores ? z.sigmoid() : z.softmax(-1);
        Tensor choice = _selectionBias is null ? z : WithinGroups(scores + _selectionBias);
        (_, Tensor chosen) = choice.detach().topk(_options.PerToken, -1);
        Tensor weights = isOverChosen ? z.gather(-1, chosen).softmax(-1) : scores.gather(-1, chosen);
        if (_options.NormalizesWeights && !isOverChosen)
            weights = weights / (weights.sum(-1, keepdim: true) + smallest);
        return (chosen, _options.WeightScale == 1 ? weights : weights * _options.WeightScale);
    }

    /// <summary>Excludes the experts of all groups but those with the largest sums of their two highest values.</summary>
    private Tensor WithinGroups(Tensor biased)
    {
        if (_options.Groups == 1)
            return biased;
        Tensor groups = biased.reshape(biased.size(0), _options.Groups, -1);
        (Tensor highest, _) = groups.topk(2, -1);
        Tensor sums = highest.sum(-1);
        (_, Tensor kept) = sums.topk(_options.GroupsPerToken, -1);
        Tensor isKept = torch.zeros_like(sums).scatter(-1, kept, torch.ones_like(sums));
        return groups.masked_fill(isKept.unsqueeze(-1).eq(0), float.NegativeInfinity).reshape(biased.shape);
    }

    private Tensor? Shared(Tensor n, torch.ScalarType type, Func<Tensor, Tensor, Tensor> activate)
    {
        Tensor? output = _shared?.Apply(n, type, activate).to(torch.float32);
        return _sharedGate is null ? output : output! * Linear(n, _sharedGate, null, torch.float32).sigmoid();
    }
}
