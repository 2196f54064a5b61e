namespace RetNet.Extensions.Core.Models.Adapters;

/// <summary>A LoRA adapter (arXiv 2106.09685) that is loaded with a model: W x becomes W x + s · B (A x).</summary>
/// <param name="Path">A folder with adapter_config.json and adapter_model.safetensors, as PEFT saves it; the .safetensors file in it; or a
/// .gguf file, as llama.cpp converts it.</param>
public sealed record ModelAdapter(string Path)
{
    /// <summary>The name by which sequences ask for it, see <see cref="StateOptions.Adapter"/>. Default: the folder's name, or the .gguf
    /// file's without its extension.</summary>
    public string Name
    {
        get => field ?? DefaultName(Path);
        init;
    }

    /// <summary>A factor of what the adapter adds, beside its own α / r. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>
    /// Whether the adapter becomes part of the weights, for every sequence; several add up. Default false: it is held beside the weights,
    /// for the sequences that ask for it, and sequences with different adapters are computed in one batch.
    /// </summary>
    /// <remarks>Merged, it costs nothing per token. Weights of bfloat16 are rounded to it again; quantised ones of a .gguf file
    /// become 8 bits wide. Devices other than the CPU only take merged adapters.</remarks>
    public bool IsMerged { get; init; }

    /// <summary>Requires that all properties are in range.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    internal void Check()
    {
        if (string.IsNullOrEmpty(Path))
            throw new ArgumentException($"An adapter has no {nameof(Path)}; expected a folder or a file.");
        if (string.IsNullOrWhiteSpace(Name))
            throw new ArgumentException($"Adapter '{Path}' has an empty {nameof(Name)}; expected one that sequences ask for.");
        if (!float.IsFinite(Scale))
            throw new ArgumentException($"{nameof(Scale)} of adapter '{Path}' is {Scale}; expected a number.");
    }

    private static string DefaultName(string path)
    {
        string whole = System.IO.Path.GetFullPath(path);
        return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? System.IO.Path.GetFileNameWithoutExtension(whole)
            : System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(
                path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? System.IO.Path.GetDirectoryName(whole)! : whole));
    }
}
