using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>Grammars by the texts that they were compiled from. Those used last are kept, as many as have a number of bytes with their
/// texts; the last one always is. Thread-safe.</summary>
/// <remarks>What is worked out while texts of a grammar are written lives as long as the grammar, so that requests share it that use the
/// same object.</remarks>
/// <typeparam name="T">What is compiled from a text.</typeparam>
/// <param name="grammarOf">Its grammar.</param>
/// <param name="mostBytes">Bytes of all grammars and texts. Default 64 MiB.</param>
[Experimental("RETNET001")]
public sealed class GrammarCache<T>(Func<T, Grammar> grammarOf, long mostBytes = 64 << 20)
    where T : class
{
    private readonly Lock _gate = new();

    // Least recently used first.
    private readonly List<(string Text, T Compiled)> _known = [];

    /// <summary>What is kept of a text, or else is compiled from it and then kept.</summary>
    /// <param name="text">What the grammar is compiled from, with all that makes a difference.</param>
    /// <param name="compile">Compiles it; at the same time for several texts.</param>
    /// <returns>One object for equal texts.</returns>
    public T GetOrAdd(string text, Func<T> compile)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(compile);
        return Use(text, null) ?? Use(text, compile())!;
    }

    /// <summary>What is kept, made the last used one; otherwise what is new, if there is any, is kept.</summary>
    private T? Use(string text, T? added)
    {
        lock (_gate)
        {
            int place = _known.FindIndex(entry => entry.Text == text);
            T? compiled = place >= 0 ? _known[place].Compiled : added;
            if (compiled is null)
                return null;
            if (place >= 0)
                _known.RemoveAt(place);
            _known.Add((text, compiled));
            DropOldest();
            return compiled;
        }
    }

    private void DropOldest()
    {
        long bytes = _known.Sum(Bytes);
        int dropped = 0;
        for (; bytes > mostBytes && dropped < _known.Count - 1; dropped++)
            bytes -= Bytes(_known[dropped]);
        _known.RemoveRange(0, dropped);
    }

    private long Bytes((string Text, T Compiled) entry) => (2L * entry.Text.Length) + grammarOf(entry.Compiled).ByteSize;
}
