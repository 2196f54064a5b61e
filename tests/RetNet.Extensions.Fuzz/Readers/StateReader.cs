using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Saved states of a RetNet and of a Transformer under every policy: restored, and fed with a token.</summary>
internal sealed class StateReader : Reader
{
    private static readonly (LanguageModel Model, StateOptions Options)[] States =
    [
        (TinyText.RetNetModel.Model, StateOptions.Default), (TinyText.RetNetModel.Model,
            new StateOptions { Format = StateFormat.BFloat16 }),
        (TinyText.LlamaModel.Model, StateOptions.Default),
        .. MultiStatePolicies.Names.Skip(1).Select(name =>
            (TinyText.LlamaModel.Model, new StateOptions { Policy = MultiStatePolicies.Create(name, "8") })),
    ];

    public override string Name => "states";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. States.Select(state => Save(state.Model, state.Options))];

    public override byte[] Mutate(byte[] input, Mutation mutation)
    {
        if (mutation.OnceIn(8))
            return Bytes.Mutate(input, mutation);
        try
        {
            using MemoryStream stream = new(input);
            using SavedState state = SavedState.Read(stream);
            return Write(writer => writer.Write(Bytes.Mutate(state.Reader.ReadBytes(input.Length), mutation, 256)));
        }
        catch (InvalidDataException)
        {
            return input;
        }
    }

    public override void Read(byte[] input)
    {
        Exception? refusal = null;
        bool isRead = false;
        foreach ((LanguageModel model, StateOptions options) in States)
        {
            try
            {
                using MemoryStream stream = new(input);
                using SequenceState state = model.RestoreState(stream, options);
                model.Forward(state, [3], new float[model.Info.VocabularySize]);
                isRead = true;
            }
            catch (Exception exception) when (IsRefusal(exception))
            {
                refusal = exception;
            }
        }

        if (!isRead)
            throw refusal!;
    }

    public override bool IsRefusal(Exception exception) => exception is InvalidDataException;

    /// <summary>A state with some content, and its checksum.</summary>
    private static byte[] Write(Action<BinaryWriter> write)
    {
        using MemoryStream stream = new();
        SavedState.Write(stream, write);
        return stream.ToArray();
    }

    private static byte[] Save(LanguageModel model, StateOptions options)
    {
        using SequenceState state = model.CreateState(options);
        model.Forward(state, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], new float[model.Info.VocabularySize]);
        using MemoryStream stream = new();
        state.Save(stream);
        return stream.ToArray();
    }
}
