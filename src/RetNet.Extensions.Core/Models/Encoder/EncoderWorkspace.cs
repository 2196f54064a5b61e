using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>Scratch memory of one call: some texts, whose rows follow each other. Model width d, inner width f of the feed-forward
/// network.</summary>
internal sealed unsafe class EncoderWorkspace(EncoderConfiguration c) : IDisposable
{
    private readonly ScratchRows _rows = new([
        c.Width, c.NormsFirst ? c.Width : 0, c.Width, c.Width, c.Width, c.Width, c.FeedForwardWidth, c.IsGated ? c.FeedForwardWidth : 0,
        Pairs(c.RopeTheta > 0, c), Pairs(c.RopeTheta > 0, c), Pairs(c.Window is not null, c), Pairs(c.Window is not null, c)]);

    /// <summary>The first row of each text, and the row after the last, <c>[texts + 1 …]</c>.</summary>
    public int[] Starts { get; private set; } = new int[16];

    public int Texts { get; private set; }

    /// <summary>Rows of all texts.</summary>
    public int Rows => Starts[Texts];

    /// <summary>Rows of the longest text.</summary>
    public int LargestText { get; private set; }

    /// <summary>The residual stream, <c>[rows × d]</c>.</summary>
    public float* X => _rows[0];

    /// <summary>The normalised input of half a block, <c>[rows × d]</c>, where norms come first.</summary>
    public float* Normalized => _rows[1];

    /// <summary><c>[rows × d]</c>.</summary>
    public float* Query => _rows[2];

    /// <summary><c>[rows × d]</c>.</summary>
    public float* Key => _rows[3];

    /// <summary><c>[rows × d]</c>.</summary>
    public float* Value => _rows[4];

    /// <summary><c>[rows × d]</c>.</summary>
    public float* Attended => _rows[5];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForward => _rows[6];

    /// <summary>The linear branch of a gated network, <c>[rows × f]</c>.</summary>
    public float* FeedForwardUp => _rows[7];

    /// <summary><c>[rows × pairs]</c>.</summary>
    public float* Cosines => _rows[8];

    /// <summary><c>[rows × pairs]</c>.</summary>
    public float* Sines => _rows[9];

    /// <summary>For layers with a window, <c>[rows × pairs]</c>.</summary>
    public float* WindowCosines => _rows[10];

    /// <summary>For layers with a window, <c>[rows × pairs]</c>.</summary>
    public float* WindowSines => _rows[11];

    /// <summary>Begins with other texts.</summary>
    public void Begin() => (Texts, LargestText) = (0, 0);

    /// <summary>Adds a text.</summary>
    /// <param name="rows">Its tokens.</param>
    public void Add(int rows)
    {
        if (Texts + 2 > Starts.Length)
        {
            int[] longer = new int[2 * Starts.Length];
            Starts.CopyTo(longer, 0);
            Starts = longer;
        }

        Starts[Texts + 1] = Starts[Texts] + rows;
        Texts++;
        LargestText = Math.Max(LargestText, rows);
    }

    /// <summary>Makes room for the texts.</summary>
    public void Reserve() => _rows.Reserve(Rows);

    public void Dispose() => _rows.Dispose();

    private static int Pairs(bool exist, EncoderConfiguration c) => exist ? c.HeadWidth / 2 : 0;
}
