namespace RetNet.Extensions.Servers;

/// <summary>A test that runs executables of servers; it is skipped, with the names of the packages, where one is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute
{
    /// <param name="executables">The names of the executables, such as <c>redis-server</c>.</param>
    public ServerFactAttribute(params string[] executables) =>
        Skip = executables.Select(InstalledServer.WhyMissing).FirstOrDefault(reason => reason is not null);
}
