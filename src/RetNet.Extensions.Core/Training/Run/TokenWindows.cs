namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Cuts documents into windows of at most a context's length and shuffles them for each epoch. Every token but a document's first
/// is predicted once an epoch.</summary>
/// <remarks>The places of the cuts change from epoch to epoch, their number does not, so that the windows of a step follow from its
/// number.</remarks>
internal sealed class TokenWindows
{
    private readonly ReadOnlyMemory<int>[] _documents;
    private readonly int _context;
    private readonly int _seed;

    // Document d has the windows _first[d] to _first[d + 1] − 1.
    private readonly int[] _first;
    private readonly int[] _documentOf;
    private readonly int[] _order;
    private long _orderedEpoch = -1;

    public TokenWindows(IEnumerable<ReadOnlyMemory<int>> documents, int context, int seed)
    {
        (_context, _seed) = (context, seed);
        _documents = [.. documents.Where(document => document.Length > 1)];
        _first = new int[_documents.Length + 1];
        for (int d = 0; d < _documents.Length; d++)
            _first[d + 1] = checked(_first[d] + (Predicted(d) + context - 1) / context);
        Count = _first[^1];
        (_documentOf, _order) = (new int[Count], new int[Count]);
        for (int d = 0; d < _documents.Length; d++)
            _documentOf.AsSpan(_first[d], _first[d + 1] - _first[d]).Fill(d);
    }

    /// <summary>Windows of one epoch.</summary>
    public int Count { get; }

    /// <summary>Tokens of the longest window, without the one after.</summary>
    public int Longest => Math.Min(_context, _documents.Max(document => document.Length) - 1);

    /// <summary>A window of the shuffled, endless sequence of epochs: its tokens and the one after.</summary>
    /// <param name="number">The window's number, from 0 and beyond the first epoch.</param>
    public ReadOnlySpan<int> Shuffled(long number)
    {
        long epoch = number / Count;
        Order(epoch);
        int window = _order[number % Count];
        int document = _documentOf[window];

        // The first window may be shorter by as much as the last one then is longer.
        int last = Predicted(document) - ((_first[document + 1] - _first[document] - 1) * _context);
        int first = last + new RandomStream(_seed, (epoch << 32) + document).Next(_context - last + 1);
        return Window(document, window - _first[document], first);
    }

    /// <summary>A window of the documents in order, cut at multiples of the context.</summary>
    public ReadOnlySpan<int> InOrder(int window) => Window(_documentOf[window], window - _first[_documentOf[window]], _context);

    private int Predicted(int document) => _documents[document].Length - 1;

    private ReadOnlySpan<int> Window(int document, int index, int firstLength)
    {
        int begin = index == 0 ? 0 : firstLength + ((index - 1) * _context);
        int end = Math.Min(Predicted(document), firstLength + (index * _context));
        return _documents[document].Span[begin..(end + 1)];
    }

    private void Order(long epoch)
    {
        if (epoch == _orderedEpoch)
            return;
        for (int i = 0; i < Count; i++)
            _order[i] = i;
        new RandomStream(_seed, ~epoch).Shuffle(_order.AsSpan());
        _orderedEpoch = epoch;
    }
}
