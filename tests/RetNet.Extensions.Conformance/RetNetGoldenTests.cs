using System.Text.Json;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Conformance;

/// <summary>Both dialects in their three forms against flash-linear-attention and torchscale.</summary>
public sealed class RetNetGoldenTests
{
    public static TheoryData<string> FlaCases => ["retnet-fla-defaults", "retnet-fla-tied-mqa", "retnet-fla-untied"];

    public static TheoryData<string> TorchScaleCases =>
    [
        "retnet-torchscale-bigk", "retnet-torchscale-gelu-shared", "retnet-torchscale-paperinit", "retnet-torchscale-smallq",
        "retnet-torchscale-smallv", "retnet-torchscale-swish",
    ];

    [Theory]
    [MemberData(nameof(FlaCases))]
    [MemberData(nameof(TorchScaleCases))]
    public void Parallel_form_gives_the_reference_logits_and_hidden_states(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        StateOptions options = new() { Form = RetentionForm.Parallel };
        GoldenCase.AssertClose(
            golden.Floats("parallel.logits"), ModelRun.Batch(model, golden.Sequences(),
                options), golden.Tolerance("parallel.logits"), "parallel.logits");
        float[] hidden = ModelRun.Batch(model, golden.Sequences(), options, ForwardOutput.AllHidden);
        GoldenCase.AssertClose(golden.Floats("parallel.final_norm"), hidden, golden.Tolerance("hidden"), "hidden");
    }

    [Theory]
    [MemberData(nameof(FlaCases))]
    [MemberData(nameof(TorchScaleCases))]
    public void Chunkwise_form_gives_the_reference_logits(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int? chunk = golden.Description.TryGetProperty("chunk_size", out JsonElement size) ? size.GetInt32() : null;
        StateOptions options = new() { Form = RetentionForm.Chunkwise, RetentionChunk = chunk };
        GoldenCase.AssertClose(
            golden.Floats("chunkwise.logits"), ModelRun.Batch(model, golden.Sequences(),
                options), golden.Tolerance("chunkwise.logits"), "chunkwise.logits");
    }

    [Theory]
    [MemberData(nameof(FlaCases))]
    public void Prompt_in_two_parts_gives_the_reference_logits(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int split = golden.Description.GetProperty("split").GetInt32();
        int[] tokens = golden.Sequences()[0];
        using SequenceState state = model.CreateState(new StateOptions { Form = RetentionForm.Chunkwise });
        float[] logits = ModelRun.InPieces(model, state, tokens, [split, tokens.Length - split]);
        GoldenCase.AssertClose(
            golden.Floats("chunkwise_split.logits")
                .AsSpan(0, logits.Length), logits, golden.Tolerance("chunkwise_split.logits"), "chunkwise_split.logits");
    }

    [Theory]
    [MemberData(nameof(FlaCases))]
    [MemberData(nameof(TorchScaleCases))]
    public void Recurrent_steps_give_the_reference_logits_and_states(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int[][] sequences = golden.Sequences();
        float[] expected = golden.Floats("recurrent.logits");
        for (int i = 0; i < sequences.Length; i++)
        {
            int[] tokens = sequences[i];
            using SequenceState state = model.CreateState();
            float[] logits = ModelRun.InPieces(model, state, tokens, ModelRun.OneByOne(tokens.Length),
                done => CheckStates(golden, (RetNetState)state, i, done, tokens.Length));
            GoldenCase.AssertClose(expected.AsSpan(i * logits.Length, logits.Length), logits, golden.Tolerance("recurrent.logits"),
                "recurrent.logits");
        }
    }

    [Theory]
    [MemberData(nameof(FlaCases))]
    [MemberData(nameof(TorchScaleCases))]
    public void A_prompt_fed_at_once_gives_what_recurrent_steps_give(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int[] tokens = golden.Sequences()[0];
        foreach (int chunk in new[] { 1, 7, 64 })
        {
            using SequenceState state = model.CreateState(new StateOptions { RetentionChunk = chunk });
            float[] logits = ModelRun.InPieces(model, state, tokens, [tokens.Length],
                done => CheckStates(golden, (RetNetState)state, 0, done, tokens.Length));
            GoldenCase.AssertClose(golden.Floats("recurrent.logits").AsSpan(0, logits.Length), logits, golden.Tolerance("recurrent.logits"),
                "recurrent.logits");
        }
    }

    [Theory]
    [MemberData(nameof(FlaCases))]
    public void Chunkwise_prompt_leaves_the_reference_state(string name)
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int[] tokens = golden.Sequences()[1];
        using RetNetState state = (RetNetState)model.CreateState(new StateOptions { Form = RetentionForm.Chunkwise });
        ModelRun.InPieces(model, state, tokens, [tokens.Length]);
        for (int layer = 0; golden.Has($"chunkwise.state.last.{layer}"); layer++)
            AssertState(golden, state, $"chunkwise.state.last.{layer}", layer, sequence: 1);
    }

    private static void CheckStates(GoldenCase golden, RetNetState state, int sequence, int done, int tokens)
    {
        string[] moments = done == tokens ? [$"after{done}", "last"] : [$"after{done}"];
        foreach (string moment in moments)
        {
            for (int layer = 0; golden.Has($"recurrent.state.{moment}.{layer}"); layer++)
                AssertState(golden, state, $"recurrent.state.{moment}.{layer}", layer, sequence);
            for (int layer = 0; golden.Has($"recurrent.state.{moment}.{layer}.prev_key_value"); layer++)
                AssertTorchScaleState(golden, state, $"recurrent.state.{moment}.{layer}", layer, sequence);
        }
    }

    private static void AssertState(GoldenCase golden, RetNetState state, string tensor, int layer, int sequence)
    {
        int[] shape = golden.Shape(tensor);
        int size = shape[2] * shape[3];
        float[] expected = golden.Floats(tensor);
        for (int head = 0; head < shape[1]; head++)
        {
            GoldenCase.AssertClose(
                expected.AsSpan(
                    ((sequence * shape[1]) + head) * size, size), state.GetMatrix(layer, head), golden.Tolerance("state"), tensor);
        }
    }

    // torchscale keeps U transposed, [dv × dk], over √s, and s beside it.
    private static void AssertTorchScaleState(GoldenCase golden, RetNetState state, string tensor, int layer, int sequence)
    {
        int[] shape = golden.Shape(tensor + ".prev_key_value");
        (int heads, int dv, int dk) = (shape[1], shape[2], shape[3]);
        float[] expected = golden.Floats(tensor + ".prev_key_value");
        float[] scales = golden.Floats(tensor + ".scale");
        for (int head = 0; head < heads; head++)
        {
            float[] matrix = state.GetMatrix(layer, head);
            float[] transposed = new float[matrix.Length];
            for (int row = 0; row < dk; row++)
            {
                for (int column = 0; column < dv; column++)
                    transposed[(column * dk) + row] = matrix[(row * dv) + column] / MathF.Sqrt(scales[head]);
            }

            GoldenCase.AssertClose(expected.AsSpan(((sequence * heads) + head) * dv * dk, dv * dk), transposed, golden.Tolerance("state"),
                tensor);
        }
    }
}
