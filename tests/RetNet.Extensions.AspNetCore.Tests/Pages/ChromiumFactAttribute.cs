namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>A test in a browser; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public const string Path = "/usr/bin/chromium";

    public ChromiumFactAttribute()
    {
        if (!File.Exists(Path))
            Skip = "chromium is not installed: apt-get install chromium";
    }
}
