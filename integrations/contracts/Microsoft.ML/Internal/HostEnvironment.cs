using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>The environment of an <see cref="MLContext"/> (no parent) or of a component registered in it.</summary>
internal sealed class HostEnvironment : IHostEnvironmentInternal, IHost
{
    private readonly HostEnvironment _root;
    private readonly HostEnvironment _parent;
    private readonly string _fullName;
    private readonly Lock _gate = new();

    public HostEnvironment(int? seed)
    {
        _root = this;
        Seed = seed;
        Rand = seed is int value ? new Random(value) : new Random();
        ComponentCatalog = new ComponentCatalog();
        TempFilePath = Path.GetTempPath();
        FallbackToCpu = false;
    }

    private HostEnvironment(HostEnvironment parent, string name, Random random)
    {
        _root = parent._root;
        _parent = parent;
        _fullName = Join(parent._parent?._fullName, name);
        Rand = random;
        Seed = parent.Seed;
        ComponentCatalog = parent.ComponentCatalog;
        TempFilePath = parent.TempFilePath;
        GpuDeviceId = parent.GpuDeviceId;
        FallbackToCpu = parent.FallbackToCpu;
    }

    public event Action<string, ChannelMessage> Message;

    public int? Seed { get; }

    public Random Rand { get; }

    public string TempFilePath { get; set; }

    public bool FallbackToCpu { get; set; }

    public int? GpuDeviceId { get; set; }

    public ComponentCatalog ComponentCatalog { get; }

    public string ContextDescription => _fullName ?? "HostEnvironment";

    public TException Process<TException>(TException ex)
        where TException : Exception
        => ex;

    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        lock (_gate)
            return new HostEnvironment(this, name, new Random(seed ?? Rand.Next()));
    }

    public IChannel Start(string name) => new Channel(this, ChildName(name));

    public IPipe<TMessage> StartPipe<TMessage>(string name) => new Pipe<TMessage>(ChildName(name), static (_, _) => { });

    public IProgressChannel StartProgressChannel(string name) => new ProgressChannel();

    internal void Send(string source, ChannelMessage message) => _root.Message?.Invoke(source, message);

    private string ChildName(string name)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        return Join(_fullName, name);
    }

    private static string Join(string parent, string name) => parent is null ? name : $"{parent}; {name}";
}
