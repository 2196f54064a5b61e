using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>What all measurements of a run share: the settings, the models and the samples.</summary>
internal sealed class Session
{
    /// <summary>Tokens of a prompt whose reading is timed.</summary>
    public const int PromptTokens = 512;

    /// <summary>Rows that TOVA keeps in the comparison of decoding speeds.</summary>
    public const int TovaRows = 1024;

    private const int DecodeTokens = 64;

    public required SampleLog Log { get; init; }

    public required string Models { get; init; }

    public required int Rounds { get; init; }

    public required int Threads { get; init; }

    public required IReadOnlyList<int> Contexts { get; init; }

    /// <summary>The formats that are compared.</summary>
    public required IReadOnlyList<WeightKind> Kinds { get; init; }

    /// <summary>The native programs that this library is compared with; none to measure it alone.</summary>
    public required IReadOnlyList<LlamaBench> Peers { get; init; }

    /// <summary>The published <c>retnet</c>; null to leave out the cold start.</summary>
    public string? Tool { get; init; }

    /// <summary>The model of the cold start.</summary>
    public required string ToolModel { get; init; }

    public SyntheticShape Shape { get; } = new();

    /// <summary>Tokens that are timed behind a context.</summary>
    public int Tokens => DecodeTokens;

    /// <summary>Tells how far the run is.</summary>
    public Action<string> Report { get; init; } = _ => { };

    public OurEngine OpenTransformer(WeightKind kind) =>
        new(Load(kind.Folder, "llama", kind.Folder, kind.Format), StateSettings.Compared);

    /// <summary>The RetNet of equal size, with the library's own defaults for states.</summary>
    public OurEngine OpenRetNet(WeightFormat format) => new(Load("retnet-bf16", "retnet", "bf16", format), StateOptions.Default);

    /// <summary>The peers with the same weights, each without and with flash attention.</summary>
    public IEnumerable<LlamaBenchEngine> OpenPeers(WeightKind kind)
    {
        if (Peers.Count == 0)
            return [];
        string file = PeerFile(kind);
        return Peers.SelectMany(peer => LlamaBenchEngine.Both(peer, file, Threads));
    }

    /// <summary>Which builds the peers are, as they say.</summary>
    public IEnumerable<string> PeerBuilds() => Peers.Select(peer => peer.Build(PeerFile(WeightKind.Usual)));

    /// <summary>Runs the rounds. The order of the engines alternates between rounds.</summary>
    public void Interleave(IReadOnlyList<IEngine> engines, Action<IEngine, int> measure)
    {
        for (int round = 0; round < Rounds; round++)
        {
            foreach (IEngine engine in round % 2 == 0 ? engines : engines.Reverse())
                measure(engine, round);
        }
    }

    private LanguageModel Load(string name, string family, string format, WeightFormat weights)
    {
        Require(name, family, format);
        return LanguageModel.Load(Path.Combine(Models, name), new ModelLoadOptions { WeightFormat = weights, Threads = Threads });
    }

    private string PeerFile(WeightKind kind)
    {
        string format = Path.GetFileNameWithoutExtension(kind.Gguf);
        Require(format, "llama", format);
        return Path.GetFullPath(Path.Combine(Models, kind.Gguf));
    }

    /// <summary>Writes a model that is not there yet.</summary>
    private void Require(string name, string family, string format)
    {
        string path = Path.Combine(Models, name);
        bool isThere = File.Exists(Path.Combine(path, "model.safetensors"))
            && (family != "llama" || File.Exists(SyntheticModel.GgufPath(path)));
        if (isThere)
            return;
        Report($"writing {path}");
        SyntheticModel.Write(path, family, Enum.Parse<GgufType>(format, ignoreCase: true), Shape);
    }
}
