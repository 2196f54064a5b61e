using System.Buffers.Binary;
using System.Text;

namespace RetNet.Extensions.TorchSharp.Native;

/// <summary>
/// The versions of symbols in a shared library of the ELF format (64 bits, little-endian): those it defines and those it needs of others.
/// The system's loader refuses a library when a version that it needs is not defined, even if it uses no symbol of that version. It accepts
/// the library when the need is marked weak.
/// </summary>
/// <remarks>
/// Source: System V ABI (gABI) for headers and the dynamic section, Linux Standard Base for symbol versions. The file is not trusted.
/// </remarks>
internal sealed class ElfLibrary
{
    private const ushort WeakFlag = 2;

    private readonly string _file;
    private readonly byte[] _bytes;
    private readonly List<(ulong Address, ulong Offset, ulong Length)> _segments = [];
    private readonly Dictionary<ulong, ulong> _dynamic = [];

    private ElfLibrary(string file, byte[] bytes)
    {
        (_file, _bytes) = (file, bytes);
        ReadHeaders();
        VersionDefinitions = ReadDefinitions();
        VersionNeeds = ReadNeeds(UsedVersions());
    }

    /// <summary>The versions that the library defines.</summary>
    public IReadOnlyList<string> VersionDefinitions { get; }

    /// <summary>The versions that the library needs.</summary>
    public IReadOnlyList<ElfVersionNeed> VersionNeeds { get; }

    /// <summary>Reads a library.</summary>
    /// <exception cref="InvalidDataException">The file is no such library, is cut off, or refers to bytes outside itself.</exception>
    public static ElfLibrary Read(string file) => new(file, File.ReadAllBytes(file));

    /// <summary>The bytes of the file with some needs marked weak.</summary>
    public byte[] WithWeak(IEnumerable<ElfVersionNeed> needs)
    {
        byte[] copy = [.. _bytes];
        foreach (ElfVersionNeed need in needs)
            BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(need.FlagsOffset), WeakFlag);
        return copy;
    }

    /// <summary>The segments that are loaded, and the tags of the dynamic section.</summary>
    private void ReadHeaders()
    {
        const int ProgramHeaderSize = 56;
        const uint Load = 1;
        const uint Dynamic = 2;
        if (_bytes.Length < 64 || !_bytes.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw Fault("is not a 64-bit little-endian ELF library");
        if (UInt16(54) != ProgramHeaderSize)
            throw Fault($"has program headers of {UInt16(54)} bytes; expected {ProgramHeaderSize}");
        (ulong Offset, ulong Length)? dynamic = null;
        ulong header = UInt64(32);
        for (int i = UInt16(56); i > 0; i--, header += ProgramHeaderSize)
        {
            (ulong offset, ulong address, ulong length) = (UInt64(header + 8), UInt64(header + 16), UInt64(header + 32));
            if (UInt32(header) == Load)
                _segments.Add((address, offset, length));
            else if (UInt32(header) == Dynamic)
                dynamic = (offset, length);
        }

        (ulong entry, ulong bytes) = dynamic ?? throw Fault("has no dynamic section");
        for (ulong end = entry + bytes; entry < end && UInt64(entry) != 0; entry += 16)
            _dynamic[UInt64(entry)] = UInt64(entry + 8);
    }

    /// <summary>The indices of versions that relocations refer to; null where symbols have no versions, which leaves it open.</summary>
    private HashSet<ushort>? UsedVersions()
    {
        const ulong WithAddend = 24;
        const ulong WithoutAddend = 16;
        if (Table(Tag.Versions) is not { } versions)
            return null;
        HashSet<ushort> used = [];
        AddUsed(Tag.RelocationsWithAddend, Tag.RelocationsWithAddendLength, WithAddend);
        AddUsed(Tag.Relocations, Tag.RelocationsLength, WithoutAddend);
        bool callsHaveAddends = _dynamic.GetValueOrDefault(Tag.CallRelocationKind) != Tag.Relocations;
        AddUsed(Tag.CallRelocations, Tag.CallRelocationsLength, callsHaveAddends ? WithAddend : WithoutAddend);
        return used;

        void AddUsed(ulong table, ulong length, ulong entryLength)
        {
            if (Table(table) is not { } entry)
                return;
            for (ulong left = _dynamic.GetValueOrDefault(length); left >= entryLength; left -= entryLength, entry += entryLength)
            {
                ulong symbol = UInt64(entry + 8) >> 32;
                used.Add(VersionIndex(UInt16(versions + (2 * symbol))));
            }
        }
    }

    private List<string> ReadDefinitions()
    {
        const ushort NameOfTheFile = 1;
        List<string> definitions = [];
        foreach (ulong definition in Chain(Table(Tag.VersionDefinitions), nextOffset: 16))
        {
            if ((UInt16(definition + 2) & NameOfTheFile) == 0)
                definitions.Add(Text(UInt32(definition + UInt32(definition + 12))));
        }

        return definitions;
    }

    private List<ElfVersionNeed> ReadNeeds(HashSet<ushort>? used)
    {
        List<ElfVersionNeed> needs = [];
        foreach (ulong library in Chain(Table(Tag.VersionNeeds), nextOffset: 12))
        {
            string name = Text(UInt32(library + 4));
            foreach (ulong need in Chain(library + UInt32(library + 8), nextOffset: 12))
            {
                if (needs.Count > _bytes.Length / 16)
                    throw Fault("lists more needed versions than fit into it");
                ushort flags = UInt16(need + 4);
                ushort index = VersionIndex(UInt16(need + 6));
                bool isUsed = used?.Contains(index) ?? true;
                needs.Add(new ElfVersionNeed(name, Text(UInt32(need + 8)), (flags & WeakFlag) != 0, isUsed, (int)need + 4));
            }
        }

        return needs;
    }

    // Bit 15 hides a symbol from other libraries.
    private static ushort VersionIndex(ushort value) => (ushort)(value & 0x7fff);

    /// <summary>The entries of a linked list, each of which has the distance to the next one in bytes, 0 in the last.</summary>
    private IEnumerable<ulong> Chain(ulong? first, ulong nextOffset)
    {
        if (first is not { } entry)
            yield break;
        while (true)
        {
            uint next = UInt32(entry + nextOffset);
            yield return entry;
            if (next == 0)
                yield break;
            if (next < 16)
                throw Fault($"has overlapping version entries, {next} bytes apart");
            entry += next;
        }
    }

    /// <summary>Where a table of the dynamic section is in the file; null where there is none.</summary>
    private ulong? Table(ulong tag)
    {
        if (!_dynamic.TryGetValue(tag, out ulong address))
            return null;
        foreach ((ulong start, ulong offset, ulong length) in _segments)
        {
            if (address >= start && address - start < length)
                return offset + (address - start);
        }

        throw Fault($"has a table at address {address:x}, which is in no segment");
    }

    private string Text(uint offset)
    {
        ulong start = (Table(Tag.Strings) ?? throw Fault("has no strings")) + offset;
        ReadOnlySpan<byte> rest = At(start, 1, toTheEnd: true);
        int length = rest.IndexOf((byte)0);
        return length >= 0 ? Encoding.UTF8.GetString(rest[..length]) : throw Fault("has a string without an end");
    }

    private ushort UInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(At(offset, sizeof(ushort)));

    private uint UInt32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(At(offset, sizeof(uint)));

    private ulong UInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(At(offset, sizeof(ulong)));

    private ReadOnlySpan<byte> At(ulong offset, int length, bool toTheEnd = false)
    {
        if (offset > (ulong)_bytes.Length || (ulong)_bytes.Length - offset < (ulong)length)
            throw Fault($"refers to {length} bytes at {offset:N0}, but ends after {_bytes.Length:N0}");
        return toTheEnd ? _bytes.AsSpan((int)offset) : _bytes.AsSpan((int)offset, length);
    }

    private InvalidDataException Fault(string what) => new($"{_file} {what}.");

    /// <summary>The tags of the dynamic section that are read.</summary>
    private static class Tag
    {
        public const ulong CallRelocationsLength = 2;
        public const ulong Strings = 5;
        public const ulong RelocationsWithAddend = 7;
        public const ulong RelocationsWithAddendLength = 8;
        public const ulong Relocations = 17;
        public const ulong RelocationsLength = 18;
        public const ulong CallRelocationKind = 20;
        public const ulong CallRelocations = 23;
        public const ulong Versions = 0x6ffffff0;
        public const ulong VersionDefinitions = 0x6ffffffc;
        public const ulong VersionNeeds = 0x6ffffffe;
    }
}
