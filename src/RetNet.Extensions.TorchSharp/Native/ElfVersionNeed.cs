namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>A version of another library's symbols that an ELF library needs, such as GLIBCXX_3.4.32 of libstdc++.so.6.</summary>
/// <param name="Library">The other library, as the loader looks for it.</param>
/// <param name="Version">The version.</param>
/// <param name="IsWeak">Whether the library may be loaded without it.</param>
/// <param name="IsUsed">Whether a relocation refers to a symbol of the version.</param>
/// <param name="FlagsOffset">The offset of the flags of the need in the file, in bytes.</param>
internal sealed record ElfVersionNeed(string Library, string Version, bool IsWeak, bool IsUsed, int FlagsOffset);
