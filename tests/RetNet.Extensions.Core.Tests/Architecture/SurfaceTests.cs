using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Tests.Architecture;

/// <summary>Core shows what users need, and its internals to tests only.</summary>
public class SurfaceTests
{
    // What may be learned in an afternoon. A new type for users takes the place of one that nobody needs.
    private const int MostTypes = 90;

    private static readonly Assembly Core = typeof(TextModel).Assembly;

    [Fact]
    public void Users_meet_few_types_and_the_rest_is_marked()
    {
        Type[] shown = [.. Core.GetExportedTypes().Where(type => !type.IsNested)];
        string[] marks =
            [.. shown.Select(type => type.GetCustomAttribute<ExperimentalAttribute>()?.DiagnosticId).OfType<string>().Distinct()];
        int unmarked = shown.Count(type => !type.IsDefined(typeof(ExperimentalAttribute)));

        Assert.Equal(["RETNET001"], marks);
        Assert.True(unmarked <= MostTypes, $"Core shows {unmarked} types without a mark; expected at most {MostTypes}.");
    }

    [Fact]
    public void Internals_are_visible_to_tests_only()
    {
        IEnumerable<string> friends = Core.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName);

        Assert.All(friends, friend => Assert.Matches(@"\.(Tests|Conformance|Benchmarks|Fuzz)$", friend));
    }
}
