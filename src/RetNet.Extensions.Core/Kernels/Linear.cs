using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Linear layers: <c>y = x Wᵀ (+ b)</c> for any number of input rows.</summary>
/// <remarks>
/// Blocking: as many input rows as fit the second-level cache are taken at once; four weight rows at a time stay in the first-level cache
/// (widened to float32 once when several inputs use them) while these inputs pass by, four or two at a time. One input reads every weight
/// once, at the speed of memory.
/// </remarks>
internal static unsafe class Linear
{
    private const int RowsPerBlock = 4;

    /// <summary>Computes a linear layer.</summary>
    /// <param name="pool">The threads; work is split over the weight rows.</param>
    /// <param name="weights">W, <c>[outputs × inputs]</c>.</param>
    /// <param name="bias"><c>[outputs]</c>, or null.</param>
    /// <param name="x"><c>[count × inputs]</c>.</param>
    /// <param name="count">The number of input rows.</param>
    /// <param name="y"><c>[count × outputs]</c>.</param>
    /// <param name="add">True to add to y, as a residual connection does.</param>
    public static void Apply(WorkerPool pool, WeightMatrix weights, float* bias, float* x, int count, float* y, bool add = false)
    {
        int blocks = (weights.Rows + RowsPerBlock - 1) / RowsPerBlock;
        long cost = (long)weights.Rows * weights.Columns * count;
        if (VectorWidth.Is512)
            pool.For(blocks, cost, new Job<FloatVector512>(weights, bias, x, count, y, add));
        else if (VectorWidth.Is256)
            pool.For(blocks, cost, new Job<FloatVector256>(weights, bias, x, count, y, add));
        else
            pool.For(blocks, cost, new Job<FloatVector128>(weights, bias, x, count, y, add));
    }

    /// <summary>The blocks of four weight rows.</summary>
    internal readonly struct Job<TVector> : IRangeJob
        where TVector : unmanaged, IFloatVector<TVector>
    {
        // Above this many inputs, weights that are not float32 are widened once per block instead of once per tile.
        private const int InputsWorthWidening = 8;

        // Half of a small second-level cache.
        private const int InputBytesPerPass = 512 * 1024;

        private readonly void* _data;
        private readonly float* _scales;
        private readonly WeightFormat _format;
        private readonly int _rows;
        private readonly int _columns;
        private readonly int _groups;
        private readonly float* _bias;
        private readonly float* _x;
        private readonly int _count;
        private readonly float* _y;
        private readonly bool _add;

        public Job(WeightMatrix weights, float* bias, float* x, int count, float* y, bool add)
        {
            _data = weights.Data;
            _scales = weights.Scales;
            _format = weights.Format;
            _rows = weights.Rows;
            _columns = weights.Columns;
            _groups = weights.GroupsPerRow;
            _bias = bias;
            _x = x;
            _count = count;
            _y = y;
            _add = add;
        }

        public void Run(int from, int to)
        {
            int pass = Math.Max(16, InputBytesPerPass / sizeof(float) / _columns / 4 * 4);
            for (int first = 0; first < _count; first += pass)
            {
                int end = Math.Min(first + pass, _count);
                if (_format != WeightFormat.Float32 && end - first >= InputsWorthWidening)
                    RunWidened(from, to, first, end);
                else
                    RunStored(from, to, first, end);
            }
        }

        private void RunStored(int from, int to, int first, int end)
        {
            for (int block = from; block < to; block++)
            {
                int row = block * RowsPerBlock;
                switch (_format)
                {
                    case WeightFormat.Float32:
                        Multiply(row, Float32(row), Float32(row + 1), Float32(row + 2), Float32(row + 3), first, end);
                        break;
                    case WeightFormat.BFloat16:
                        Multiply(row, BFloat16(row), BFloat16(row + 1), BFloat16(row + 2), BFloat16(row + 3), first, end);
                        break;
                    default:
                        Multiply(row, Int8(row), Int8(row + 1), Int8(row + 2), Int8(row + 3), first, end);
                        break;
                }
            }
        }

        private void RunWidened(int from, int to, int first, int end)
        {
            int padded = (_columns + 15) & ~15;
            float* w = ThreadScratch.Get((long)padded * RowsPerBlock);
            for (int block = from; block < to; block++)
            {
                int row = block * RowsPerBlock;
                for (int i = 0; i < RowsPerBlock; i++)
                    Widen(row + i, w + (i * padded));
                Multiply(
                    row, new Float32Row(w), new Float32Row(w + padded), new Float32Row(w + (2 * padded)), new Float32Row(w + (3 * padded)), first, end);
            }
        }

        // The last block of a matrix whose rows are no multiple of four repeats its last row; what that gives is not stored.
        private Float32Row Float32(int row) => new((float*)_data + Offset(row));

        private BFloat16Row BFloat16(int row) => new((ushort*)_data + Offset(row));

        private Int8Row Int8(int row) => new((sbyte*)_data + Offset(row), _scales + ((long)Math.Min(row, _rows - 1) * _groups));

        private long Offset(int row) => (long)Math.Min(row, _rows - 1) * _columns;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Widen(int row, float* target)
        {
            int vectors = _columns - (_columns % TVector.Count);
            if (_format == WeightFormat.BFloat16)
                Widen(BFloat16(row), target, vectors);
            else
                Widen(Int8(row), target, vectors);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Widen<TRow>(TRow row, float* target, int vectors)
            where TRow : unmanaged, IWeightRow
        {
            for (int c = 0; c < vectors; c += TVector.Count)
                TVector.Store(row.Load<TVector>(c), target + c);
            for (int c = vectors; c < _columns; c++)
                target[c] = row.LoadScalar(c);
        }

        private void Multiply<TRow>(int row, TRow w0, TRow w1, TRow w2, TRow w3, int first, int end)
            where TRow : unmanaged, IWeightRow
        {
            float* tile = stackalloc float[16];
            int stored = Math.Min(RowsPerBlock, _rows - row);
            int t = first;
            if (TVector.Count == 16)
            {
                for (; t + 4 <= end; t += 4)
                {
                    Tile<TVector, TRow>.FourByFour(w0, w1, w2, w3, Input(t), _columns, _columns, tile);
                    Store(tile, row, stored, t, 4);
                }
            }

            for (; t + 2 <= end; t += 2)
            {
                Tile<TVector, TRow>.FourByTwo(w0, w1, w2, w3, Input(t), _columns, _columns, tile);
                Store(tile, row, stored, t, 2);
            }

            for (; t < end; t++)
            {
                Tile<TVector, TRow>.FourByOne(w0, w1, w2, w3, Input(t), _columns, tile);
                Store(tile, row, stored, t, 1);
            }
        }

        private float* Input(int t) => _x + ((long)t * _columns);

        private void Store(float* tile, int row, int rows, int t, int inputs)
        {
            for (int i = 0; i < inputs; i++)
            {
                float* target = _y + ((long)(t + i) * _rows) + row;
                for (int r = 0; r < rows; r++)
                {
                    float value = tile[(i * RowsPerBlock) + r] + (_bias is null ? 0 : _bias[row + r]);
                    target[r] = _add ? target[r] + value : value;
                }
            }
        }
    }
}
