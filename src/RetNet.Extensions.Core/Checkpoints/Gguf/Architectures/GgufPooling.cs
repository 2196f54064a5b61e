using System.Text;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>What sentence-transformers' files would say of a GGUF file's pooling.</summary>
internal static class GgufPooling
{
    // llama_pooling_type of llama.cpp, which scales vectors to length 1 unless told otherwise.
    private const int Unpooled = 0;
    private static readonly string[] Modes =
        ["", "pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken"];

    /// <summary>The document, see <see cref="ModelDocuments.SentenceTransformer"/>; empty where the file names no pooling.</summary>
    /// <exception cref="CheckpointException">The pooling is not supported.</exception>
    public static byte[] Write(GgufFile file)
    {
        ConfigurationReader options = file.Metadata.Options;
        string key = $"{options.OptionalText("general.architecture")}.pooling_type";
        int mode = options.OptionalInteger(key, 0, int.MaxValue) ?? Unpooled;
        if (mode >= Modes.Length)
            throw options.Fault(key, "0 to 3: vectors are pooled as mean, first or last token");
        return mode == Unpooled ? [] : Encoding.UTF8.GetBytes($$"""
            {
              "modules.json": [{"type": "Transformer"}, {"type": "Pooling", "path": "1_Pooling"}, {"type": "Normalize"}],
              "1_Pooling/config.json": {"{{Modes[mode]}}": true}
            }
            """);
    }
}
