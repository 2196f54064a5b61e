using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;

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

    [Fact]
    public void InternLM_2_keeps_the_projections_of_a_key_value_head_together()
    {
        const int Groups = 2, QueriesPerGroup = 4, HeadWidth = 8;
        string golden = Path.Combine(RepositoryFiles.Golden, "llama-plain");
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

        Assert.Equal(Logits(golden), Logits(_folder));
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

    private static float[] Logits(string folder)
    {
        using LanguageModel model = LanguageModel.Load(folder, new ModelLoadOptions { Threads = 1 });
        using SequenceState state = model.CreateState();
        float[] logits = new float[model.Info.VocabularySize];
        model.Forward(state, [3, 1, 4, 15, 9, 2, 6], logits);
        return logits;
    }
}
