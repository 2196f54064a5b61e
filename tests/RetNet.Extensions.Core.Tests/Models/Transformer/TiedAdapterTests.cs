using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>Adapters of a model whose head is its embedding: a change of one of the two leaves the other as it was.</summary>
public sealed class TiedAdapterTests : IDisposable
{
    private const string Embedding = "model.embed_tokens.weight", Head = "lm_head.weight";
    private const string Query = "model.layers.0.self_attn.q_proj";

    private static readonly string Golden = Path.Combine(RepositoryFiles.Golden, "llama-plain");

    private readonly TemporaryFolder _tied = new(), _untied = new(), _adapter = new();
    private readonly Dictionary<string, (int[] Shape, float[] Values)> _weights = [];

    public TiedAdapterTests()
    {
        using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Golden, "model.safetensors")))
        {
            foreach (TensorView tensor in file.Tensors.Values)
                _weights.Add(tensor.Name, ([.. tensor.Shape.ToArray().Select(dimension => (int)dimension)], tensor.ToFloats()));
        }

        _weights.Remove(Head);
        Write(_tied, "model.safetensors", _weights);
        WriteConfiguration(_tied, isTied: true);
        WriteConfiguration(_untied, isTied: false);
    }

    public void Dispose()
    {
        _tied.Dispose();
        _untied.Dispose();
        _adapter.Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_replaced_part_leaves_the_other(bool replacesEmbedding, bool replacesHead)
    {
        (int[] shape, float[] values) = _weights[Embedding];
        float[] embedding = [.. values.Select(value => 2 * value)], head = [.. values.Reverse()];
        Dictionary<string, (int[] Shape, float[] Values)> adapter = Nothing();
        if (replacesEmbedding)
            adapter.Add($"base_model.model.{Embedding}", (shape, embedding));
        if (replacesHead)
            adapter.Add($"base_model.model.{Head}", (shape, head));
        WriteAdapter(adapter, """ "target_modules":["q_proj"],"layers_to_transform":[0],"modules_to_save":["embed_tokens","lm_head"] """);

        float[] expected = Untied(replacesEmbedding ? embedding : values, replacesHead ? head : values);
        Assert.Equal(expected, Logits(_tied, new ModelAdapter(_adapter.Root) { IsMerged = true }));
    }

    [Fact]
    public void A_low_rank_change_of_the_head_leaves_the_embedding()
    {
        (int[] shape, float[] values) = _weights[Embedding];
        (int rows, int columns) = (shape[0], shape[1]);
        float[] down = [.. Enumerable.Range(0, columns).Select(i => 0.01f * i)];
        float[] up = [.. Enumerable.Range(0, rows).Select(i => 0.1f * (i % 3))];
        WriteAdapter(
            new()
            {
                ["base_model.model.lm_head.lora_A.weight"] = ([1, columns], down),
                ["base_model.model.lm_head.lora_B.weight"] = ([rows, 1], up),
            },
            """ "target_modules":["lm_head"] """);
        float[] head = [.. values.Select((value, i) => value + (up[i / columns] * down[i % columns]))];

        float[] expected = Untied(values, head), actual = Logits(_tied, new ModelAdapter(_adapter.Root) { IsMerged = true });

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Other_changes_leave_both_one()
    {
        WriteAdapter(Nothing(), """ "target_modules":["q_proj"],"layers_to_transform":[0] """);

        using LanguageModel model = LanguageModel.Load(_tied.Root, Options(new ModelAdapter(_adapter.Root) { IsMerged = true }));
        using LanguageModel plain = LanguageModel.Load(_tied.Root, Options());

        Assert.Equal(plain.Info.Parameters, model.Info.Parameters);
    }

    [Fact]
    public void Held_beside_the_weights_a_replaced_part_is_refused()
    {
        WriteAdapter(
            new(Nothing()) { [$"base_model.model.{Embedding}"] = _weights[Embedding] },
            """ "target_modules":["q_proj"],"layers_to_transform":[0],"modules_to_save":["embed_tokens"] """);

        CheckpointException exception = Assert.Throws<CheckpointException>(
            () => LanguageModel.Load(_tied.Root, Options(new ModelAdapter(_adapter.Root) { Name = "a" })));

        Assert.Contains(nameof(ModelAdapter.IsMerged), exception.Message, StringComparison.Ordinal);
    }

    // A change of a matrix that adds zeros.
    private Dictionary<string, (int[] Shape, float[] Values)> Nothing()
    {
        int[] shape = _weights[$"{Query}.weight"].Shape;
        return new()
        {
            [$"base_model.model.{Query}.lora_A.weight"] = ([1, shape[1]], new float[shape[1]]),
            [$"base_model.model.{Query}.lora_B.weight"] = ([shape[0], 1], new float[shape[0]]),
        };
    }

    private float[] Untied(float[] embedding, float[] head)
    {
        int[] shape = _weights[Embedding].Shape;
        Write(_untied, "model.safetensors", new(_weights) { [Embedding] = (shape, embedding), [Head] = (shape, head) });
        return Logits(_untied);
    }

    private void WriteAdapter(Dictionary<string, (int[] Shape, float[] Values)> tensors, string options)
    {
        _adapter.Write("adapter_config.json", $$"""{"peft_type":"LORA","r":1,"lora_alpha":1,{{options}}}""");
        Write(_adapter, "adapter_model.safetensors", tensors);
    }

    private static void WriteConfiguration(TemporaryFolder folder, bool isTied)
    {
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden, "config.json")))!;
        configuration["tie_word_embeddings"] = isTied;
        folder.Write("config.json", configuration.ToJsonString());
    }

    private static void Write(TemporaryFolder folder, string name, Dictionary<string, (int[] Shape, float[] Values)> tensors)
    {
        using FileStream stream = File.Create(folder[name]);
        SafetensorsWriter.Write(stream, tensors.Select(one => new TensorSource(one.Key, one.Value.Shape, () => one.Value.Values)));
    }

    private static ModelLoadOptions Options(params ModelAdapter[] adapters) =>
        new() { Threads = 1, WeightFormat = WeightFormat.Float32, Adapters = adapters };

    private static float[] Logits(TemporaryFolder folder, params ModelAdapter[] adapters)
    {
        using LanguageModel model = LanguageModel.Load(folder.Root, Options(adapters));
        using SequenceState state = model.CreateState(StateOptions.Default);
        float[] logits = new float[model.Info.VocabularySize];
        model.Forward(state, [3, 1, 4, 15, 9, 2, 6], logits);
        return logits;
    }
}
