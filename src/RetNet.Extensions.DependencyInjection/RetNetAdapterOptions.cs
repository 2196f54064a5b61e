using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>A LoRA adapter that is loaded with a model, see <see cref="ModelAdapter"/>.</summary>
public sealed class RetNetAdapterOptions
{
    /// <summary>A folder as PEFT saves it, or a .gguf file. A relative path starts where that of the model does. Required.</summary>
    public string? Path { get; set; }

    /// <summary><see cref="ModelAdapter.Name"/>. Default null: the folder's name, or the .gguf file's without its extension.</summary>
    public string? Name { get; set; }

    /// <summary><see cref="ModelAdapter.Scale"/>. Default 1.</summary>
    public float Scale { get; set; } = 1;

    /// <summary><see cref="ModelAdapter.IsMerged"/>: whether it becomes part of the weights. Default false: requests ask for it by its
    /// name.</summary>
    public bool Merge { get; set; }

    /// <summary>The adapter of Core.</summary>
    internal ModelAdapter ToAdapter(string contentRoot)
    {
        ModelAdapter adapter = new(System.IO.Path.Combine(contentRoot, Path ?? "")) { Scale = Scale, IsMerged = Merge };
        return Name is null ? adapter : adapter with { Name = Name };
    }
}
