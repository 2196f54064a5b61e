using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>The current batch, as all layers see it. Its tensors belong to the scope that it is created in.</summary>
internal sealed class TorchTrainingPass
{
    private readonly torch.Device _device;
    private readonly Tensor? _back;
    private readonly TorchDropout? _dropout;

    /// <param name="batch">A checked batch.</param>
    /// <param name="device">The model's device.</param>
    public TorchTrainingPass(in TrainingBatch batch, torch.Device device)
    {
        _device = device;
        (Rows, Form, ChunkLength, CancellationToken) = (batch.Tokens.Length, batch.Form, batch.ChunkLength, batch.CancellationToken);
        State = (TorchTrainingState?)batch.State;
        Type = batch.Precision == TrainingPrecision.BFloat16 ? torch.bfloat16 : torch.float32;
        Tokens = torch.tensor(batch.Tokens.ToArray(), torch.int64, _device);

        int[] lengths = batch.Lengths.ToArray();
        Lengths = lengths;
        long[] positions = [.. lengths.Select((_, i) => State?.Position(i) ?? 0)];
        Positions = [.. lengths.SelectMany((length, i) => Enumerable.Range(0, length).Select(j => positions[i] + j))];
        _dropout = batch.Dropout > 0 ? new TorchDropout(batch.Dropout, batch.DropoutSeed, Rows, _device) : null;
        (Groups, _back) = Group(lengths, positions);
    }

    /// <summary>The number of tokens of each sequence.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Tokens of all sequences.</summary>
    public int Rows { get; }

    /// <summary>The position of each row's token.</summary>
    public long[] Positions { get; }

    /// <summary>The tokens, <c>[rows]</c>.</summary>
    public Tensor Tokens { get; }

    /// <summary>The type of the matrix products.</summary>
    public torch.ScalarType Type { get; }

    public RetentionForm Form { get; }

    /// <summary>Tokens per chunk of retention; 0 for the model's default.</summary>
    public int ChunkLength { get; }

    public TorchTrainingState? State { get; }

    public CancellationToken CancellationToken { get; }

    /// <summary>The sequences that are computed side by side: all of them, or with a state those of one length and position.</summary>
    public IReadOnlyList<SequenceGroup> Groups { get; }

    /// <summary>The results of the groups, as rows of the batch again.</summary>
    /// <param name="outputs">For each group <c>[B × H × T × width]</c>.</param>
    /// <returns><c>[rows × H × width]</c>.</returns>
    public Tensor Join(IEnumerable<Tensor> outputs)
    {
        Tensor[] rows = [.. outputs.Select(output => output.transpose(1, 2).reshape(-1, output.size(1), output.size(3)))];
        Tensor all = rows.Length == 1 ? rows[0] : torch.cat(rows, 0);
        return _back is null ? all : all.index_select(0, _back);
    }

    /// <summary>Drops values as the batch says.</summary>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="place">Distinguishes the places of a model where values are dropped.</param>
    public Tensor Drop(Tensor x, int place) => _dropout is null ? x : _dropout.Apply(x, place);

    // Sequences that begin here may be padded at their ends, since no token sees a later one; sequences with a carried state may not.
    private (IReadOnlyList<SequenceGroup> Groups, Tensor? Back) Group(int[] lengths, long[] positions)
    {
        int[][] members = State is null
            ? [[.. Enumerable.Range(0, lengths.Length)]]
            : [.. Enumerable.Range(0, lengths.Length).GroupBy(i => (lengths[i], positions[i])).Select(group => group.ToArray())];
        if (members.Length == 1 && lengths.All(length => length == lengths[0]))
            return ([new SequenceGroup(members[0], lengths[0], positions[0], null, _device)], null);

        long[] firstRows = new long[lengths.Length];
        for (int i = 1; i < lengths.Length; i++)
            firstRows[i] = firstRows[i - 1] + lengths[i - 1];
        long[] back = new long[Rows];
        long padded = 0;
        List<SequenceGroup> groups = [];
        foreach (int[] group in members)
        {
            int longest = group.Max(i => lengths[i]);
            long[] rows = [.. group.SelectMany(i => Enumerable.Range(0, longest).Select(j => firstRows[i] + Math.Min(j, lengths[i] - 1)))];
            foreach (int i in group)
            {
                for (int j = 0; j < lengths[i]; j++)
                    back[firstRows[i] + j] = padded + j;
                padded += longest;
            }

            groups.Add(new SequenceGroup(group, longest, positions[group[0]], torch.tensor(rows, torch.int64, _device), _device));
        }

        return (groups, torch.tensor(back, torch.int64, _device));
    }
}
