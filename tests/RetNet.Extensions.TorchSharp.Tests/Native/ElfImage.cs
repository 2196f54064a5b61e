using System.Text;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>Writes a small shared library for x86-64: versions that it defines and needs, and a function that returns a number.</summary>
internal sealed class ElfImage
{
    private const int HeadersLength = 64 + (2 * 56);
    private const ushort GlobalVersion = 1;

    private readonly List<byte> _body = [];
    private readonly List<byte> _strings = [0];

    public string[] Definitions { get; init; } = [];

    /// <summary>Versions that are needed of one library, each with whether a relocation refers to a symbol of it.</summary>
    public (string Version, bool IsUsed)[] Needs { get; init; } = [];

    public string NeededLibrary { get; init; } = "libstdc++.so.6";

    public (string Name, ulong Value)? Function { get; init; }

    /// <summary>The file: headers, tables, and the dynamic section that says where they are. It is loaded to address 0 as it is.</summary>
    public byte[] ToArray()
    {
        int code = Function is null ? 0 : Append([0x48, 0xb8, .. U64(Function.Value.Value), 0xc3]);
        byte[] symbols =
        [
            .. new byte[24],
            .. Needs.SelectMany(need => Symbol($"symbol_of_{need.Version}", section: 0, value: 0)),
            .. Function is null ? [] : Symbol(Function.Value.Name, section: 1, code),
        ];
        int count = symbols.Length / 24;
        List<(long Tag, int Value)> tags =
        [
            (6, Append(symbols)),
            (4, Append([.. U32(1), .. U32(count), .. U32(count - 1),
                .. Enumerable.Range(0, count).SelectMany(i => U32(Math.Max(0, i - 1)))])),
            (0x6ffffff0, Append([.. U16(0), .. Needs.SelectMany((_, i) => U16(VersionIndex(i))), .. U16(GlobalVersion)])),
        ];
        if (Needs.Length > 0)
        {
            byte[] relocations = [.. Needs.SelectMany((need, i) => need.IsUsed ? Relocation(symbol: i + 1) : [])];
            tags.AddRange([(0x6ffffffe, Append(NeedTable())), (0x6fffffff, 1), (7, Append(relocations)), (8, relocations.Length), (9, 24)]);
        }

        if (Definitions.Length > 0)
            tags.AddRange([(0x6ffffffc, Append(DefinitionTable())), (0x6ffffffd, Definitions.Length + 1)]);
        tags.AddRange([(5, Append([.. _strings])), (10, _strings.Count), (11, 24), (0, 0)]);
        byte[] dynamic = [.. tags.SelectMany(tag => (byte[])[.. U64((ulong)tag.Tag), .. U64((ulong)tag.Value)])];
        int start = Append(dynamic);
        return [.. Headers(start, dynamic.Length), .. _body];
    }

    private byte[] Headers(int dynamic, int dynamicLength)
    {
        int length = HeadersLength + _body.Count;
        return
        [
            .. "\u007fELF\u0002\u0001\u0001"u8, .. new byte[9], .. U16(3), .. U16(62), .. U32(1), .. U64(0), .. U64(64), .. U64(0),
            .. U32(0), .. U16(64), .. U16(56), .. U16(2), .. U16(64), .. U16(0), .. U16(0),
            .. ProgramHeader(type: 1, flags: 7, start: 0, length, alignment: 0x1000),
            .. ProgramHeader(type: 2, flags: 6, dynamic, dynamicLength, alignment: 8),
        ];
    }

    private static byte[] ProgramHeader(int type, int flags, int start, int length, int alignment) =>
    [
        .. U32(type), .. U32(flags), .. U64((ulong)start), .. U64((ulong)start), .. U64((ulong)start),
        .. U64((ulong)length), .. U64((ulong)length), .. U64((ulong)alignment),
    ];

    private byte[] Symbol(string name, ushort section, int value) =>
        [.. U32(Text(name)), 0x12, 0, .. U16(section), .. U64((ulong)value), .. U64(0)];

    private static byte[] Relocation(int symbol) => [.. U64(0), .. U64(((ulong)symbol << 32) | 6), .. U64(0)];

    private byte[] NeedTable() =>
    [
        .. U16(1), .. U16((ushort)Needs.Length), .. U32(Text(NeededLibrary)), .. U32(16), .. U32(0),
        .. Needs.SelectMany((need, i) => (byte[])
        [
            .. U32(0), .. U16(0), .. U16(VersionIndex(i)), .. U32(Text(need.Version)), .. U32(i == Needs.Length - 1 ? 0 : 16),
        ]),
    ];

    // The first definition is the name of the file.
    private byte[] DefinitionTable() =>
    [
        .. Definitions.Prepend("this.so").SelectMany((definition, i) => (byte[])
        [
            .. U16(1), .. U16(i == 0 ? (ushort)1 : (ushort)0), .. U16((ushort)(i + 1)), .. U16(1), .. U32(0), .. U32(20),
            .. U32(i == Definitions.Length ? 0 : 28), .. U32(Text(definition)), .. U32(0),
        ]),
    ];

    private static ushort VersionIndex(int need) => (ushort)(GlobalVersion + 1 + need);

    private int Text(string text)
    {
        int offset = _strings.Count;
        _strings.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);
        return offset;
    }

    /// <summary>Appends a table at an address that is a multiple of 8, and returns the address.</summary>
    private int Append(byte[] table)
    {
        _body.AddRange(new byte[-_body.Count & 7]);
        int address = HeadersLength + _body.Count;
        _body.AddRange(table);
        return address;
    }

    private static byte[] U16(ushort value) => BitConverter.GetBytes(value);

    private static byte[] U32(int value) => BitConverter.GetBytes(value);

    private static byte[] U64(ulong value) => BitConverter.GetBytes(value);
}
