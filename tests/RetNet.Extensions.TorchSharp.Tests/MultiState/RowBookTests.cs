using RetNet.Extensions.TorchSharp.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>The host's book of a layer's rows.</summary>
public sealed class RowBookTests
{
    [Xunit.Fact]
    public void Moves_fill_the_holes_and_leave_the_kept_rows_in_the_first_slots()
    {
        Random random = new(5);
        RowBook book = new(knowsPositions: true);
        List<long> slots = [];
        long next = 0;
        for (int step = 0; step < 200; step++)
        {
            int added = random.Next(1, 6);
            book.Append(next, added);
            slots.AddRange(Enumerable.Range(0, added).Select(i => next + i));
            next += added;
            Assert.Equal(slots, book.Positions.ToArray());
            long[] ordered = [.. slots.Order()];
            bool[] keep = [.. ordered.Select(_ => random.Next(4) > 0)];
            RowMoves moves = book.Retain(keep);
            Assert.Empty(moves.From.Intersect(moves.To));
            foreach ((long from, long to) in moves.From.Zip(moves.To))
                slots[(int)to] = slots[(int)from];
            slots.RemoveRange(book.Count, slots.Count - book.Count);
            Assert.Equal(slots, book.Positions.ToArray());
            Assert.Equal(ordered.Where((_, i) => keep[i]), book.Order.ToArray().Select(slot => slots[slot]));
        }
    }
}
