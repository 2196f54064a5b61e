using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>The same weights under the names of other checkpoints give the same bits.</summary>
public sealed class TensorNamesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-names").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("language_model.model.", "language_model.")]
    [InlineData("model.language_model.", "")]
    public void Text_model_of_Gemma_3_is_found_beside_the_one_of_pictures(string layers, string head)
    {
        string golden = Path.Combine(RepositoryFiles.Golden, "gemma3_text");
        string config = File.ReadAllText(Path.Combine(golden, "config.json"));
        WriteFolder(golden, $$$"""{"model_type":"gemma3","text_config":{{{config}}},"vision_config":{}}""", tensors => [
            .. tensors.Select(tensor => (Rename(tensor.Name), tensor.Shape, tensor.Values)),
            ($"{head}vision_tower.patch.weight".Replace("language_model.", "", StringComparison.Ordinal), [2], new float[2]),
            ("multi_modal_projector.weight", [2], new float[2])]);

        Assert.Equal(Logits(golden), Logits(_folder));

        string Rename(string name) => name.StartsWith("model.", StringComparison.Ordinal) ? layers + name["model.".Length..] : head + name;
    }

    [Theory]
    [InlineData("glm4_moe", "model.layers.3.eh_proj.weight")]
    [InlineData("ernie4_5_moe", "model.mtp_block.0.input_layernorm.weight")]
    public void Layers_that_guess_further_tokens_are_left_out(string name, string further)
    {
        string golden = Path.Combine(RepositoryFiles.Golden, name);
        WriteFolder(golden, File.ReadAllText(Path.Combine(golden, "config.json")), tensors => [.. tensors, (further, [2], new float[2])]);

        Assert.Equal(Logits(golden), Logits(_folder));
    }

    [Fact]
    public void An_ordinary_layer_behind_the_last_one_is_not_left_out()
    {
        string golden = Path.Combine(RepositoryFiles.Golden, "glm4_moe");
        string config = File.ReadAllText(Path.Combine(golden, "config.json"))
            .Replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2", StringComparison.Ordinal)
            .Replace("\"num_nextn_predict_layers\": 0", "\"num_nextn_predict_layers\": 1", StringComparison.Ordinal);
        WriteFolder(golden, config, tensors => tensors);

        Assert.Contains("'model.layers.2.", Assert.Throws<CheckpointException>(() => Logits(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_out_takes_no_memory()
    {
        string golden = Path.Combine(RepositoryFiles.Golden, "glm4_moe");
        WriteFolder(golden, File.ReadAllText(Path.Combine(golden, "config.json")), tensors => [
            .. tensors, ("model.layers.3.eh_proj.weight", [200], new float[200]),
            ("model.layers.0.self_attn.rotary_emb.inv_freq", [4], new float[4])]);

        using Checkpoint less = Checkpoint.Open(golden), more = Checkpoint.Open(_folder);

        Assert.Equal(less.Tensors.Values.Sum(tensor => tensor.ByteLength), StoredBytes(more));
        Assert.Equal(StoredBytes(less), StoredBytes(more));

        static long StoredBytes(Checkpoint checkpoint)
        {
            TransformerConfiguration c = TransformerConfiguration.Parse(checkpoint.Configuration, "config.json");
            return new CheckpointWeights(new TransformerLayout(c), checkpoint).StoredBytes;
        }
    }

    [Fact]
    public void InternLM_2_keeps_the_projections_of_a_key_value_head_together()
    {
        string golden = Path.Combine(RepositoryFiles.Golden, "llama-plain");
        WriteInternLm2(golden);

        Assert.Equal(Logits(golden), Logits(_folder));
    }

    [Fact]
    public void An_adapter_of_InternLM_2_gives_the_same_held_and_merged()
    {
        WriteInternLm2(Path.Combine(RepositoryFiles.Golden, "llama-plain"));

        AssertSameHeldAndMerged("wqkv");
    }

    [Fact]
    public void An_adapter_of_the_joined_branches_of_a_shared_expert_gives_the_same_held_and_merged()
    {
        using (TrainableModel model = SmallModels.CreateTrained("granitemoeshared"))
        using (FileStream stream = File.Create(Path.Combine(_folder, "model.safetensors")))
        {
            File.WriteAllText(Path.Combine(_folder, "config.json"), model.ConfigurationJson());
            SafetensorsWriter.Write(stream, model.Tensors);
        }

        AssertSameHeldAndMerged("shared_mlp.input_linear");
    }

    private void AssertSameHeldAndMerged(string module)
    {
        using TemporaryFolder adapter = new();
        adapter.Write("adapter_config.json",
            $$"""{"peft_type":"LORA","r":2,"lora_alpha":4,"target_modules":["{{module}}"]}""");
        using (SafetensorsFile model = SafetensorsFile.Open(Path.Combine(_folder, "model.safetensors")))
        using (FileStream stream = File.Create(adapter["adapter_model.safetensors"]))
        {
            Random random = new(1);
            SafetensorsWriter.Write(stream, model.Tensors.Values
                .Where(tensor => tensor.Name.EndsWith($"{module}.weight", StringComparison.Ordinal))
                .SelectMany(tensor => (TensorSource[])[
                    Factor(tensor.Name, "lora_A", 2, (int)tensor.Shape[1]), Factor(tensor.Name, "lora_B", (int)tensor.Shape[0], 2)]));

            TensorSource Factor(string matrix, string factor, int rows, int columns)
            {
                float[] values = [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() - 0.5f)];
                return new TensorSource(
                    $"base_model.model.{matrix.Replace("weight", $"{factor}.weight", StringComparison.Ordinal)}", [rows, columns],
                    () => values);
            }
        }

        float[] merged = Logits(_folder, new ModelAdapter(adapter.Root) { IsMerged = true });
        float[] held = Logits(_folder, new ModelAdapter(adapter.Root) { Name = "a" });

        Assert.All(merged.Zip(held), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Contains(merged.Zip(Logits(_folder)), pair => Math.Abs(pair.First - pair.Second) > 0.01f);
    }

    private void WriteInternLm2(string golden)
    {
        const int Groups = 2, QueriesPerGroup = 4, HeadWidth = 8;
        string config = File.ReadAllText(Path.Combine(golden, "config.json"));
        WriteFolder(golden, config.Replace("\"llama\"", "\"internlm2\"", StringComparison.Ordinal), tensors =>
        {
            Dictionary<string, (int[] Shape, float[] Values)> all = tensors.ToDictionary(one => one.Name, one => (one.Shape, one.Values));
            List<(string, int[], float[])> renamed = [];
            foreach ((string name, (int[] shape, float[] values)) in all)
            {
                if (name.Contains("k_proj", StringComparison.Ordinal) || name.Contains("v_proj", StringComparison.Ordinal))
                    continue;
                if (!name.Contains("q_proj", StringComparison.Ordinal))
                {
                    renamed.Add((Renamed(name), shape, values));
                    continue;
                }

                int columns = shape[1], part = HeadWidth * columns;
                float[] keys = all[name.Replace("q_proj", "k_proj", StringComparison.Ordinal)].Values;
                float[] rows = all[name.Replace("q_proj", "v_proj", StringComparison.Ordinal)].Values;
                float[] merged = [.. Enumerable.Range(0, Groups).SelectMany(group =>
                    values.Skip(group * QueriesPerGroup * part).Take(QueriesPerGroup * part)
                        .Concat(keys.Skip(group * part).Take(part)).Concat(rows.Skip(group * part).Take(part)))];
                renamed.Add((name.Replace("self_attn.q_proj", "attention.wqkv", StringComparison.Ordinal),
                    [merged.Length / columns, columns], merged));
            }

            return renamed;
        });
    }

    private static string Renamed(string name)
    {
        (string, string)[] names =
        [
            ("embed_tokens", "tok_embeddings"), ("lm_head", "output"), ("self_attn.o_proj", "attention.wo"),
            ("mlp.gate_proj", "feed_forward.w1"), ("mlp.up_proj", "feed_forward.w3"), ("mlp.down_proj", "feed_forward.w2"),
            ("input_layernorm", "attention_norm"), ("post_attention_layernorm", "ffn_norm"),
        ];
        return names.Aggregate(name, (text, pair) => text.Replace(pair.Item1, pair.Item2, StringComparison.Ordinal));
    }

    private void WriteFolder(
        string golden, string config,
        Func<IEnumerable<(string Name, int[] Shape, float[] Values)>, IEnumerable<(string Name, int[] Shape, float[] Values)>> change)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(golden, "model.safetensors"));
        List<(string, int[], float[])> tensors = [];
        foreach (TensorView tensor in file.Tensors.Values)
        {
            float[] values = new float[tensor.ElementCount];
            tensor.CopyTo(values);
            tensors.Add((tensor.Name, [.. tensor.Shape.ToArray().Select(dimension => (int)dimension)], values));
        }

        using FileStream stream = File.Create(Path.Combine(_folder, "model.safetensors"));
        SafetensorsWriter.Write(stream, change(tensors).Select(one => new TensorSource(one.Name, one.Shape, () => one.Values)));
    }

    private static float[] Logits(string folder, ModelAdapter? adapter = null)
    {
        using LanguageModel model = LanguageModel.Load(
            folder, new ModelLoadOptions { Threads = 1, WeightFormat = WeightFormat.Float32, Adapters = adapter is null ? [] : [adapter] });
        using SequenceState state = model.CreateState(
            new StateOptions { Adapter = adapter is { IsMerged: false } ? adapter.Name : null });
        float[] logits = new float[model.Info.VocabularySize];
        model.Forward(state, [3, 1, 4, 15, 9, 2, 6], logits);
        return logits;
    }
}
