using System.ComponentModel;
using Microsoft.SemanticKernel;

/// <summary>Plays music.</summary>
internal sealed class MusicPlugin
{
    [KernelFunction, Description("Plays a song.")]
    public string PlaySong(string song, string? artist = null) => "playing";
}
