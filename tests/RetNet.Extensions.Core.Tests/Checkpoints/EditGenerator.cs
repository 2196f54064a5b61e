using FsCheck;
using FsCheck.Fluent;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Tells FsCheck how to make an <see cref="Edit"/>; digits are replaced most often, as that keeps the JSON well-formed.</summary>
public static class EditGenerator
{
    public static Arbitrary<Edit> Edits() => Arb.From(
        from kind in Gen.Choose(0, 9)
        from position in Gen.Choose(0, 1_000_000)
        from amount in Gen.Choose(0, 255)
        select new Edit(kind, position, amount));
}
