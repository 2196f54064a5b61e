using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace RetNet.Extensions.Tool.Streams;

/// <summary>The standard streams of this process, each of which the caller may have closed (<c>retnet chat &lt;&amp;-</c>).</summary>
internal static partial class StandardStreams
{
    private const int InputDescriptor = 0;
    private const int OutputDescriptor = 1;
    private const int ErrorDescriptor = 2;
    private const int None = -1;
    private const int GetDescriptorFlags = 1;

    // What this process opens does not take the descriptor of a closed stream, into which a library might write.
    private static readonly List<SafeFileHandle> Reserved = [];

    // A reader skips the byte order mark that its encoding would write.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);
    private static readonly UTF8Encoding Lenient = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether there is an input.</summary>
    public static bool HasInput { get; } = OpenOrReserve(InputDescriptor);

    /// <summary>Whether there is an output for results.</summary>
    public static bool HasOutput { get; } = OpenOrReserve(OutputDescriptor);

    /// <summary>Whether there is an output for everything else.</summary>
    public static bool HasError { get; } = OpenOrReserve(ErrorDescriptor);

    /// <summary>The input, strict UTF-8 unless it is a terminal; null if it is closed.</summary>
    public static TextReader? OpenInput()
    {
        if (!HasInput)
            return null;
        return Console.IsInputRedirected
            ? new StreamReader(Console.OpenStandardInput(), Strict, detectEncodingFromByteOrderMarks: false)
            : Console.In;
    }

    /// <summary>The output for results. Writing fails if it is closed.</summary>
    public static Stream OpenOutput() => OperatingSystem.IsWindows()
        ? Console.OpenStandardOutput()
        : new DescriptorStream(HasOutput ? OutputDescriptor : None);

    /// <summary>The output for everything else, which takes as much as can be written.</summary>
    public static TextWriter OpenError() => new ReportWriter(OperatingSystem.IsWindows()
        ? Console.Error
        : new StreamWriter(new DescriptorStream(HasError ? ErrorDescriptor : None), Lenient) { AutoFlush = true });

    // A descriptor that is still open after the program was executed does not close on execution. So one that does was closed before, and
    // the runtime has taken its number for a file or a pipe of its own.
    private static bool OpenOrReserve(int descriptor)
    {
        if (OperatingSystem.IsWindows())
            return true;
        int flags = Control(descriptor, GetDescriptorFlags);
        if (flags == None)
            Reserved.Add(File.OpenHandle("/dev/null"));
        return flags == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}
