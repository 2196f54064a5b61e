using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>A state that is kept between requests, with what it has seen and how it remembers.</summary>
/// <remarks>In a stream the state itself comes last. Each of both parts has a mark, a version and a checksum of its own, see
/// <see cref="SavedState"/>.</remarks>
/// <param name="Tokens">What the state has seen.</param>
/// <param name="Options">How it remembers.</param>
/// <param name="Part">How the tokens were read.</param>
/// <param name="State">The state.</param>
internal sealed record KeptState(int[] Tokens, StateOptions Options, InputPart Part, SequenceState State)
{
    private const string Mark = "kept state 3";
    private const int None = -1;

    /// <summary>After how many of the tokens another text may go on, beside after all: at the end of a prompt; 0 for nowhere.</summary>
    public int Branch { get; init; }

    /// <summary>How many first tokens of a prompt lead to the state, or to what it was at its <see cref="Branch"/>; 0 if none do.</summary>
    public int LengthIn(ReadOnlySpan<int> prompt, StateOptions options)
    {
        if (Options != options)
            return 0;
        foreach (int length in (ReadOnlySpan<int>)[Tokens.Length, Branch])
        {
            if (length < prompt.Length && prompt.StartsWith(Tokens.AsSpan(0, length)) && Part == InputPart.Of(State, prompt.Length, length))
                return length;
        }

        return 0;
    }

    /// <summary>The state after its first tokens, in the place of this one.</summary>
    /// <param name="length">What <see cref="LengthIn"/> found.</param>
    public KeptState ReturnTo(int length)
    {
        if (length == Tokens.Length)
            return this;
        State.ReturnTo(length);
        return this with { Tokens = Tokens[..length], Branch = 0 };
    }

    /// <summary>Whether options can be written: with one of the library's own policies.</summary>
    public static bool CanSave(StateOptions options)
    {
        try
        {
            return CreatePolicy(options.Policy.Name, SizeOf(options.Policy), FirstOf(options.Policy)).Equals(options.Policy);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Writes it.</summary>
    public void Write(Stream stream)
    {
        SavedState.Write(stream, writer =>
        {
            writer.Write(Mark);
            writer.Write((int)Options.Format);
            writer.Write((int)Options.Form);
            writer.Write(Options.RetentionChunk ?? None);
            writer.Write(Options.PromptChunk ?? None);
            writer.Write(Options.Policy.Name);
            writer.Write(SizeOf(Options.Policy));
            writer.Write(FirstOf(Options.Policy));
            writer.Write(Options.Adapter ?? "");
            writer.Write(Part.Cuts);
            writer.Write(Part.Frequencies);
            writer.Write(Tokens.Length);
            foreach (int token in Tokens)
                writer.Write(token);
        });
        State.Save(stream);
    }

    /// <summary>Reads it. Memory is taken for what the stream really holds, and for a state of this model only.</summary>
    /// <exception cref="InvalidDataException">The stream does not hold a kept state of this model, or it is damaged.</exception>
    public static KeptState Read(Stream stream, LanguageModel model)
    {
        (int[] tokens, StateOptions options, InputPart part) = ReadHead(stream, model.Info);
        SequenceState state;
        try
        {
            state = model.Restore(stream, options, isBetweenCuts: true);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"The kept state has options that do not fit the model: {exception.Message}", exception);
        }

        if (state.Position == tokens.Length)
            return new KeptState(tokens, options, part, state);
        using (state)
            throw Malformed($"{tokens.Length} tokens beside a state that has seen {state.Position}");
    }

    private static (int[] Tokens, StateOptions Options, InputPart Part) ReadHead(Stream stream, ModelInfo model)
    {
        using SavedState head = SavedState.Read(stream);
        BinaryReader reader = head.Reader;
        try
        {
            string mark = StateHeader.ReadText(reader);
            if (mark != Mark)
                throw Malformed($"'{mark}' at the beginning, expected '{Mark}'");
            StateOptions options = ReadOptions(reader);
            InputPart part = new(reader.ReadInt32(), reader.ReadInt64());
            int count = reader.ReadInt32();
            long bytes = reader.BaseStream.Length - reader.BaseStream.Position;
            if (part.Cuts < 0 || part.Frequencies < 0 || count < 1 || bytes != (long)count * sizeof(int))
            {
                throw Malformed($"{count} tokens, cut after {part.Cuts}, with the rotary frequencies {part.Frequencies}, in {bytes} bytes");
            }

            int[] tokens = new int[count];
            for (int i = 0; i < count; i++)
            {
                tokens[i] = reader.ReadInt32();
                if ((uint)tokens[i] >= (uint)model.VocabularySize)
                    throw Malformed($"token {tokens[i]}, expected 0 to {model.VocabularySize - 1}");
            }

            return (tokens, options, part);
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException("The kept state is damaged: its head ends too early or has a text without a readable length.",
                exception);
        }
    }

    private static StateOptions ReadOptions(BinaryReader reader)
    {
        StateFormat format = (StateFormat)reader.ReadInt32();
        RetentionForm form = (RetentionForm)reader.ReadInt32();
        int retentionChunk = reader.ReadInt32();
        int promptChunk = reader.ReadInt32();
        string policy = StateHeader.ReadText(reader);
        string size = StateHeader.ReadText(reader);
        int first = reader.ReadInt32();
        string adapter = StateHeader.ReadText(reader);
        if (!Enum.IsDefined(format) || !Enum.IsDefined(form) || retentionChunk < None || promptChunk < None)
            throw Malformed($"format {(int)format}, form {(int)form} and chunks of {retentionChunk} and {promptChunk} tokens");
        try
        {
            return new StateOptions
            {
                Format = format,
                Form = form,
                RetentionChunk = retentionChunk == None ? null : retentionChunk,
                PromptChunk = promptChunk == None ? null : promptChunk,
                Policy = CreatePolicy(policy, size, first),
                Adapter = adapter.Length == 0 ? null : adapter,
            };
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"The kept state has a policy that is none: {exception.Message}", exception);
        }
    }

    private static IMultiStatePolicy CreatePolicy(string name, string size, int first) =>
        MultiStatePolicies.Create(name, size.Length == 0 ? null : size, first);

    private static string SizeOf(IMultiStatePolicy policy) => policy.Size.IsUnbounded ? "" : policy.Size.ToString();

    private static int FirstOf(IMultiStatePolicy policy) => policy.Rule?.First ?? 0;

    private static InvalidDataException Malformed(string found) => new($"The kept state is damaged: it has {found}.");
}
