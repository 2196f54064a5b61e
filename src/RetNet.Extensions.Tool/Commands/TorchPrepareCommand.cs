using System.CommandLine;
#if TORCHSHARP
using RetNet.Extensions.TorchSharp;
#endif

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet torch prepare</c>: makes a folder of native libraries for RETNET_LIBTORCH.</summary>
internal sealed class TorchPrepareCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER")
    {
        Description = "The folder to make. An existing one must be empty or made by this command.",
    };

    private readonly Option<string?> _libtorch = new("--libtorch")
    {
        HelpName = "PATH",
        Description = "A folder with libtorch's libraries, such as torch/lib of a Python installation or that of an application. "
            + "Default: the package libtorch-cpu of this platform in NuGet's package folder.",
    };

    private readonly Option<string?> _packageCache = new("--package-cache")
    {
        HelpName = "PATH",
        Description = "NuGet's package folder. Default: NUGET_PACKAGES, otherwise the user's .nuget/packages.",
    };

    public TorchPrepareCommand()
        : base(
            "prepare",
            "Makes a folder for the environment variable RETNET_LIBTORCH: links to libtorch's libraries, and TorchSharp's own library in "
                + "a form that this system can load: on Linux with an older libstdc++ (Debian 12, Ubuntu 22.04, RHEL 9) a copy that needs "
                + "no newer one.")
    {
        Add(_folder);
        Add(_libtorch);
        Add(_packageCache);
    }

    public override void Run(CommandContext context)
    {
#if TORCHSHARP
        ParseResult parse = context.Parse;
        (string? libtorch, string? packageCache) = (parse.GetValue(_libtorch), parse.GetValue(_packageCache));
        if (libtorch is not null && packageCache is not null)
            throw new CommandException("--libtorch and --package-cache are both given; expected one of them.");
        string folder = Path.GetFullPath(parse.GetRequiredValue(_folder));
        string done = LibtorchFolder.Prepare(folder, libtorch ?? Package(packageCache));
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("folder", folder);
                json.WriteString("done", done);
            });
            return;
        }

        context.Console.Text.WriteLine(done);
#else
        throw new CommandException(
            "torch prepare needs TorchSharp, which a native program does not have. "
            + "Expected the retnet of 'dotnet tool install --global RetNet.Extensions.Tool'.");
#endif
    }

#if TORCHSHARP
    private static string Package(string? packageCache)
    {
        try
        {
            return LibtorchFolder.FindPackage(packageCache);
        }
        catch (FileNotFoundException exception)
        {
            throw new CommandException($"{exception.Message} --libtorch names another libtorch.");
        }
    }
#endif
}
