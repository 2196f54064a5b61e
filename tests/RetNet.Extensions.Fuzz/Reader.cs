using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz;

/// <summary>A reader of bytes that strangers may have written: it accepts an input, or refuses it with an exception made for
/// that.</summary>
internal abstract class Reader
{
    /// <summary>The name on the command line, and the folder of its inputs in the corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Inputs that are well-formed, or nearly so.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>The time that one input may take.</summary>
    public virtual TimeSpan TimeLimit => TimeSpan.FromSeconds(1);

    /// <summary>What reading one input may allocate in managed memory beyond its length.</summary>
    public virtual long MostBytes => 64 << 20;

    /// <summary>Changes an input where its format has fields.</summary>
    public abstract byte[] Mutate(byte[] input, Mutation mutation);

    /// <summary>Reads an input, and uses what was read.</summary>
    public abstract void Read(byte[] input);

    /// <summary>Whether an exception is a clear refusal of the input.</summary>
    public abstract bool IsRefusal(Exception exception);

    /// <summary>Whether a model could be read, and its weights lead to logits that are no numbers.</summary>
    protected static bool GivesNoToken(Exception exception) =>
        exception is InvalidOperationException && exception.Message.Contains("give no token", StringComparison.Ordinal);
}
