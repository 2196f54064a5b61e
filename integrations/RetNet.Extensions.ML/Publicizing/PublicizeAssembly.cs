using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes a copy of an assembly in which internal types and members are public, for the compiler only. It sets the visibility bits in the
/// metadata tables TypeDef, Field and MethodDef (ECMA-335, partition II, sections 22.37, 22.15 and 22.26); nothing moves.
/// </summary>
public class PublicizeAssembly : Task
{
    private const int ModuleTable = 0, TypeRefTable = 1, TypeDefTable = 2, FieldTable = 4, MethodTable = 6, ParamTable = 8;
    private const int ModuleRefTable = 0x1A, TypeSpecTable = 0x1B, AssemblyRefTable = 0x23;

    private byte[] _image;
    private int _strings;
    private readonly int[] _rows = new int[64];

    /// <summary>The assembly.</summary>
    [Required]
    public string Source { get; set; }

    /// <summary>The file to write.</summary>
    [Required]
    public string Destination { get; set; }

    /// <summary>Only types of this namespace and of those below it change: copies of the compiler's own attributes stay internal.</summary>
    [Required]
    public string Namespace { get; set; }

    public override bool Execute()
    {
        _image = File.ReadAllBytes(Source);
        Publicize(FindMetadata());
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        File.WriteAllBytes(Destination, _image);
        return true;
    }

    private int Int32(int offset) => BitConverter.ToInt32(_image, offset);

    private int UInt16(int offset) => BitConverter.ToUInt16(_image, offset);

    /// <summary>The metadata root's offset: PE header, optional header, CLI header (II.25).</summary>
    private int FindMetadata()
    {
        int header = Int32(0x3C) + 4;
        int optional = header + 20;
        int directories = optional + (UInt16(optional) == 0x20B ? 112 : 96);
        int sections = optional + UInt16(header + 16);
        int sectionCount = UInt16(header + 2);
        return OffsetOf(Int32(OffsetOf(Int32(directories + 14 * 8)) + 8));

        int OffsetOf(int address)
        {
            for (int section = sections; section < sections + 40 * sectionCount; section += 40)
            {
                int start = Int32(section + 12);
                if (address >= start && address < start + Int32(section + 8))
                    return address - start + Int32(section + 20);
            }

            throw new BadImageFormatException(Source + ": an address lies in no section.");
        }
    }

    private void Publicize(int root)
    {
        int stream = root + 16 + Int32(root + 12);
        int tables = 0;
        int count = UInt16(stream + 2);
        stream += 4;
        for (int i = 0; i < count; i++)
        {
            int end = Array.IndexOf(_image, (byte)0, stream + 8);
            string name = Encoding.ASCII.GetString(_image, stream + 8, end - stream - 8);
            if (name == "#~")
                tables = root + Int32(stream);
            else if (name == "#Strings")
                _strings = root + Int32(stream);
            stream = stream + 8 + (name.Length + 4) / 4 * 4;
        }

        int heaps = _image[tables + 6];
        long valid = BitConverter.ToInt64(_image, tables + 8);
        int offset = tables + 24;
        for (int table = 0; table < 64; table++)
        {
            if ((valid >> table & 1) == 0)
                continue;
            _rows[table] = Int32(offset);
            offset += 4;
        }

        // The rows of tables 3 and 5 exist in unoptimised assemblies only.
        if (_rows[3] > 0 || _rows[5] > 0)
            throw new BadImageFormatException(Source + ": the metadata has pointer tables.");
        int s = (heaps & 1) != 0 ? 4 : 2, g = (heaps & 2) != 0 ? 4 : 2, b = (heaps & 4) != 0 ? 4 : 2;
        int scope = Coded(2, ModuleTable, ModuleRefTable, AssemblyRefTable, TypeRefTable);
        int typeSize = 4 + 2 * s + Coded(2, TypeDefTable, TypeRefTable, TypeSpecTable) + Coded(0, FieldTable) + Coded(0, MethodTable);
        int fieldSize = 2 + s + b;
        int methodSize = 8 + s + b + Coded(0, ParamTable);
        int types = offset + _rows[ModuleTable] * (2 + s + 3 * g) + _rows[TypeRefTable] * (scope + 2 * s);
        int fields = types + _rows[TypeDefTable] * typeSize;
        int methods = fields + _rows[FieldTable] * fieldSize;

        int fieldList = typeSize - Coded(0, FieldTable) - Coded(0, MethodTable);
        int methodList = typeSize - Coded(0, MethodTable);
        for (int type = 0; type < _rows[TypeDefTable]; type++)
        {
            int row = types + type * typeSize;
            bool last = type + 1 == _rows[TypeDefTable];
            int visibility = _image[row] & 7;

            // A nested type has no namespace of its own; in a type that stays internal it cannot be reached.
            if (visibility < 2 && !IsInNamespace(Index(row + 4 + s, s)))
                continue;
            _image[row] = (byte)(_image[row] & ~7 | TypeVisibility(visibility));
            for (int i = Index(row + fieldList,
                Coded(0, FieldTable)); i < (last ? _rows[FieldTable] + 1 : Index(row + typeSize + fieldList, Coded(0, FieldTable))); i++)
                MakeMemberPublic(fields + (i - 1) * fieldSize);
            for (int i = Index(row + methodList,
                Coded(0, MethodTable)); i < (last
                    ? _rows[MethodTable] + 1
                    : Index(row + typeSize + methodList, Coded(0, MethodTable))); i++)
                MakeMemberPublic(methods + (i - 1) * methodSize + 6);
        }
    }

    /// <summary>NotPublic becomes Public, and nested or member accessibility Assembly becomes Public. Private, protected and their
    /// combinations stay.</summary>
    private static int TypeVisibility(int visibility) => visibility == 0 ? 1 : visibility == 5 ? 2 : visibility;

    private void MakeMemberPublic(int flags)
    {
        if ((_image[flags] & 7) == 3)
            _image[flags] = (byte)(_image[flags] & ~7 | 6);
    }

    private bool IsInNamespace(int name)
    {
        int start = _strings + name;
        string found = Encoding.UTF8.GetString(_image, start, Array.IndexOf(_image, (byte)0, start) - start);
        return found == Namespace || found.StartsWith(Namespace + ".", StringComparison.Ordinal);
    }

    private int Index(int offset, int size) => size == 2 ? UInt16(offset) : Int32(offset);

    /// <summary>The bytes of an index into one of some tables, with so many bits for the choice (II.24.2.6).</summary>
    private int Coded(int bits, params int[] tables)
    {
        int most = 0;
        foreach (int table in tables)
            most = Math.Max(most, _rows[table]);
        return most < 1 << (16 - bits) ? 2 : 4;
    }
}
