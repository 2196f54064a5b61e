using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Cuts at the matches of a pattern; <paramref name="invert"/> swaps the roles of matches and the text between them.</summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces, TextLimits limits)
    {
        List<Piece> result = new(pieces.Count);
        List<(int Start, int End)> matches = new();
        foreach (Piece piece in pieces)
        {
            if (piece.IsToken)
                result.Add(piece);
            else
                Split(piece, matches, result, limits);
        }

        return result;
    }

    private void Split(Piece piece, List<(int Start, int End)> matches, List<Piece> result, TextLimits limits)
    {
        matches.Clear();
        pattern.FindMatches(piece.Text.Span, matches, limits);
        if (behavior == SplitBehavior.Isolated)
        {
            int done = 0;
            foreach ((int start, int end) in matches)
            {
                Add(piece, done, start, result);
                Add(piece, start, end, result);
                done = end;
            }

            Add(piece, done, piece.Text.Length, result);
            return;
        }

        List<Part> parts = Cover(matches, piece.Text.Length);
        foreach (Part part in behavior switch
        {
            SplitBehavior.Removed => parts.Where(part => !part.IsMatch),
            SplitBehavior.MergedWithPrevious => MergeWithPrevious(parts),
            SplitBehavior.MergedWithNext => MergeWithNext(parts),
            _ => MergeAlike(parts),
        })
        {
            Add(piece, part.Start, part.End, result);
        }
    }

    private static void Add(Piece piece, int start, int end, List<Piece> result)
    {
        if (end > start)
            result.Add(new Piece(piece.Text[start..end], Piece.NoId, piece.AtStart && start == 0));
    }

    /// <summary>Matches and the text between them, in order, without gaps.</summary>
    private List<Part> Cover(List<(int Start, int End)> matches, int length)
    {
        List<Part> parts = new(2 * matches.Count + 1);
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            if (done < start)
                parts.Add(new(done, start, invert));
            parts.Add(new(start, end, !invert));
            done = end;
        }

        if (done < length)
            parts.Add(new(done, length, invert));
        return parts;
    }

    private static List<Part> MergeWithPrevious(List<Part> parts)
    {
        List<Part> merged = new(parts.Count);
        bool previousIsMatch = false;
        foreach (Part part in parts)
        {
            if (part.IsMatch && !previousIsMatch && merged.Count > 0)
                merged[^1] = merged[^1] with { End = part.End };
            else
                merged.Add(part);
            previousIsMatch = part.IsMatch;
        }

        return merged;
    }

    private static List<Part> MergeWithNext(List<Part> parts)
    {
        List<Part> merged = new(parts.Count);
        bool nextIsMatch = false;
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            if (parts[i].IsMatch && !nextIsMatch && merged.Count > 0)
                merged[^1] = merged[^1] with { Start = parts[i].Start };
            else
                merged.Add(parts[i]);
            nextIsMatch = parts[i].IsMatch;
        }

        merged.Reverse();
        return merged;
    }

    private static List<Part> MergeAlike(List<Part> parts)
    {
        List<Part> merged = new(parts.Count);
        foreach (Part part in parts)
        {
            if (merged.Count > 0 && merged[^1].IsMatch == part.IsMatch)
                merged[^1] = merged[^1] with { End = part.End };
            else
                merged.Add(part);
        }

        return merged;
    }

    private readonly record struct Part(int Start, int End, bool IsMatch);
}
