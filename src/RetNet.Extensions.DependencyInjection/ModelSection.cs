using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>Reads the options of a model from configuration.</summary>
internal static class ModelSection
{
    private static readonly string[] Options = [.. typeof(RetNetOptions).GetProperties().Select(property => property.Name)];
    private static readonly string[] OfAdapters = [.. typeof(RetNetAdapterOptions).GetProperties().Select(property => property.Name)];

    /// <summary>Sets the options that a section has.</summary>
    /// <exception cref="OptionsValidationException">A key is no option, or a value cannot be read.</exception>
    public static void Bind(IConfiguration section, string name, RetNetOptions options)
    {
        if (Unknown(section) is { } unknown)
            throw Refusal(unknown);
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException exception)
        {
            throw Refusal(exception.Message);
        }

        OptionsValidationException Refusal(string reason) =>
            new(name, typeof(RetNetOptions), [$"{RetNetOptionsValidator.Describe(name)}: {reason}"]);
    }

    private static string? Unknown(IConfiguration section) =>
        Unknown(section, Options)
        ?? section.GetSection(nameof(RetNetOptions.Adapters)).GetChildren()
            .Select(adapter => Unknown(adapter, OfAdapters)).FirstOrDefault(unknown => unknown is not null);

    private static string? Unknown(IConfiguration section, string[] options) =>
        section.GetChildren().FirstOrDefault(child => !options.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown
            ? $"The configuration has the key '{unknown.Path}', which is no option; expected {string.Join(", ", options)}."
            : null;
}
