using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>The panels of linear layers; an index is a panel, those of the first layer first.</summary>
/// <typeparam name="TVector">The vector of floats.</typeparam>
/// <typeparam name="TPairs">The vector of as many pairs of integers.</typeparam>
internal readonly unsafe struct LinearJob<TVector, TPairs>(LinearPart* parts, LinearInputs inputs) : IRangeJob
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    // Columns whose products form one chain, and that are widened at once: [128 × 64] floats, what the first-level cache holds.
    private const int Block = PanelProduct<TVector>.Block;

    // Tiles of inputs that use one widened block; their sums take 100 kB.
    private const int TilesPerPass = 64;

    // Up to this many inputs, widening in registers for every four inputs is faster than widening a block once in memory. It needs 32
    // registers, which AVX2 does not have.
    private const int FewRows = 8;

    public void Run(int from, int to)
    {
        LinearPart* part = parts;
        int first = 0;
        for (int index = from; index < to; index++)
        {
            while (index - first >= part->Weights.Panels)
                first += part++->Weights.Panels;

            // A panel has as many outputs as a word has bits.
            if (part->Wanted is not null && part->Wanted[index - first] == 0)
                continue;
            if (inputs.Count == 1)
                OneRow(part, index - first);
            else
                Rows(part, index - first);
        }
    }

    private void OneRow(LinearPart* part, int panel)
    {
        float* sums = stackalloc float[WeightPanel.Rows];
        PackedWeights w = part->Weights;
        switch (w.Format)
        {
            case WeightFormat.Float32:
                PanelProduct<TVector>.Float32((float*)w.Panel(panel), inputs.X, w.Columns, sums);
                break;
            case WeightFormat.BFloat16:
                PanelProduct<TVector>.BFloat16((ushort*)w.Panel(panel), inputs.X, w.Columns, sums);
                break;
            case WeightFormat.Int8:
                IntegerPanelProduct<TVector, TPairs>.Int8((sbyte*)w.Panel(panel), w.PanelScales(panel), inputs.Rounded, sums);
                break;
            default:
                IntegerPanelProduct<TVector, TPairs>.Int4(w.Panel(panel), w.PanelScales(panel), w.PanelOffsets(panel), inputs.Rounded,
                    sums);
                break;
        }

        Store(part, panel, sums, 0, 1);
    }

    private void Rows(LinearPart* part, int panel)
    {
        const int tileSums = LinearInputs.TileRows * WeightPanel.Rows;
        long sumsLength = Math.Max(FewRows * WeightPanel.Rows, (long)Math.Min(inputs.Tiles, TilesPerPass) * tileSums);
        using ThreadScratch.Scope rented = ThreadScratch.Rent((Block * WeightPanel.Rows) + sumsLength);
        float* widened = rented.Pointer;
        float* sums = widened + (Block * WeightPanel.Rows);
        PackedWeights w = part->Weights;
        for (int first = 0; first < inputs.Tiles; first += TilesPerPass)
        {
            int end = Math.Min(first + TilesPerPass, inputs.Tiles);
            for (int column = 0; column < inputs.Columns; column += Block)
            {
                int columns = Math.Min(Block, inputs.Columns - column);
                if (w.IsInteger)
                    IntegerTiles(w, panel, column, columns, (short*)widened, first, end, sums);
                else
                    FloatTiles(w, panel, column, columns, widened, first, end, sums);
            }

            int row = first * LinearInputs.TileRows;
            Store(part, panel, sums, row, Math.Min(inputs.Count, end * LinearInputs.TileRows) - row);
        }
    }

    private void FloatTiles(PackedWeights w, int panel, int column, int columns, float* widened, int first, int end, float* sums)
    {
        float* block = (float*)w.Panel(panel) + ((long)column * WeightPanel.Rows);
        if (w.Format == WeightFormat.BFloat16 && inputs.Count <= FewRows && TVector.Count != 8)
        {
            FewTiles((ushort*)w.Panel(panel) + ((long)column * WeightPanel.Rows), column, columns, sums);
            return;
        }

        if (w.Format == WeightFormat.BFloat16)
        {
            PanelWidening<TVector, TPairs>.BFloat16((ushort*)w.Panel(panel) + ((long)column * WeightPanel.Rows), columns, widened);
            block = widened;
        }

        for (int tile = first; tile < end; tile++, sums += LinearInputs.TileRows * WeightPanel.Rows)
        {
            PanelProduct<TVector>.Tile(inputs.Tile(tile) + column, inputs.Columns, inputs.TileCount(tile), block, columns, sums,
                add: column > 0);
        }
    }

    private void FewTiles(ushort* block, int column, int columns, float* sums)
    {
        float* x = inputs.X + column;
        long last = inputs.Count - 1;
        for (long t = 0; t < inputs.Count; t += 4, sums += 4 * WeightPanel.Rows)
        {
            // The last input is repeated for the missing inputs of a tile.
            PanelProduct<TVector>.FourInputs(
                x + (t * inputs.Columns), x + (Math.Min(t + 1, last) * inputs.Columns), x + (Math.Min(t + 2, last) * inputs.Columns),
                x + (Math.Min(t + 3, last) * inputs.Columns), block, columns, sums, add: column > 0);
        }
    }

    private void IntegerTiles(PackedWeights w, int panel, int column, int columns, short* widened, int first, int end, float* sums)
    {
        const int mostGroups = Block / WeightPanel.GroupSize;
        float* scales = stackalloc float[mostGroups * WeightPanel.Rows];
        float* offsets = stackalloc float[mostGroups * WeightPanel.Rows];
        int group = column / WeightPanel.GroupSize;
        int groups = WeightPanel.Groups(columns);
        long firstScale = (long)group * WeightPanel.Rows;
        PanelWidening<TVector, TPairs>.Halves(w.PanelScales(panel) + firstScale, groups, scales);
        if (w.Format == WeightFormat.Int8)
        {
            PanelWidening<TVector, TPairs>.Int8((sbyte*)w.Panel(panel) + ((long)column * WeightPanel.Rows), groups, widened);
            offsets = null;
        }
        else
        {
            PanelWidening<TVector, TPairs>.Int4(w.Panel(panel) + ((long)column * WeightPanel.Rows / 2), groups, widened);
            PanelWidening<TVector, TPairs>.Halves(w.PanelOffsets(panel) + firstScale, groups, offsets);
        }

        for (int tile = first; tile < end; tile++, sums += LinearInputs.TileRows * WeightPanel.Rows)
        {
            IntegerTileInputs x = inputs.Rounded.Tile((long)tile * LinearInputs.TileRows, group, groups);
            IntegerTile<TVector, TPairs>.Multiply(x, inputs.TileCount(tile), widened, scales, offsets, sums, add: column > 0);
        }
    }

    /// <summary>Writes the sums of a panel, <c>[rows × 64]</c>, to their outputs.</summary>
    private static void Store(LinearPart* part, int panel, float* sums, int firstRow, int rows)
    {
        int outputs = part->Weights.Rows;
        int first = panel * WeightPanel.Rows;
        int count = Math.Min(WeightPanel.Rows, outputs - first);
        int vectors = count - (count % TVector.Count);
        float* target = part->Y + ((long)firstRow * outputs) + first;
        for (int row = 0; row < rows; row++, sums += WeightPanel.Rows, target += outputs)
        {
            for (int i = 0; i < vectors; i += TVector.Count)
            {
                TVector value = TVector.Load(sums + i);
                if (part->Bias is not null)
                    value = TVector.Add(value, TVector.Load(part->Bias + first + i));
                TVector.Store(part->Add ? TVector.Add(TVector.Load(target + i), value) : value, target + i);
            }

            for (int i = vectors; i < count; i++)
            {
                float value = part->Bias is null ? sums[i] : sums[i] + part->Bias[first + i];
                target[i] = part->Add ? target[i] + value : value;
            }
        }
    }
}

/// <summary>The panels of linear layers that have a group of the input rows each; an index is a panel, those of the first layer
/// first.</summary>
internal readonly unsafe struct GroupedLinearJob<TVector, TPairs>(LinearPart* parts, LinearInputs inputs) : IRangeJob
    where TVector : unmanaged, IFloatVector<TVector>
    where TPairs : unmanaged, IPairVector<TPairs, TVector>
{
    public void Run(int from, int to)
    {
        // The panels of the layers follow each other.
        for (LinearPart* part = parts; from < to; part++)
        {
            int panels = part->Weights.Panels;
            if (from < panels)
                new LinearJob<TVector, TPairs>(part, inputs.Group(part->FirstRow, part->Rows)).Run(from, Math.Min(panels, to));
            (from, to) = (Math.Max(from - panels, 0), to - panels);
        }
    }
}

/// <summary>One of the linear layers that read the same input.</summary>
/// <param name="weights">W, <c>[outputs × inputs]</c>.</param>
/// <param name="bias"><c>[outputs]</c>, or null.</param>
/// <param name="y"><c>[count × outputs]</c>; of a layer that has a group of the rows, <c>[rows × outputs]</c>.</param>
/// <param name="add">True to add to y, as a residual connection does.</param>
/// <param name="wanted">A bit for each output, <c>[⌈outputs / 64⌉]</c>: the others may be left as they were. Null: all.</param>
internal readonly unsafe struct LinearPart(WeightMatrix weights, float* bias, float* y, bool add = false, ulong* wanted = null)
{
    public PackedWeights Weights { get; } = weights.Packed;

    /// <inheritdoc cref="WeightMatrix.Slot"/>
    public int Slot { get; } = weights.Slot;

    public float* Bias { get; } = bias;

    public float* Y { get; } = y;

    public bool Add { get; } = add;

    public ulong* Wanted { get; } = wanted;

    /// <summary>The first row of the layer's group, see <see cref="Linear.ApplyGroups"/>.</summary>
    public int FirstRow { get; init; }

    /// <summary>The number of rows of the layer's group.</summary>
    public int Rows { get; init; }
}
