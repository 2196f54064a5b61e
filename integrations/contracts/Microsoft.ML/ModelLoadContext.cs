using System.Reflection;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Where one component of a model reads its state from: a folder in the zip file.</summary>
internal sealed class ModelLoadContext : IDisposable
{
    public const string ModelStreamName = "Model.key";

    public readonly RepositoryReader Repository;
    public readonly string Directory;
    public readonly BinaryReader Reader;
    public readonly string[] Strings;
    internal ModelHeader Header;

    private readonly MemoryStream _stream;
    private readonly long _start;

    private ModelLoadContext(RepositoryReader rep, MemoryStream stream, string dir)
    {
        Repository = rep;
        Directory = dir;
        _stream = stream;
        Header = ModelHeader.Read(stream, out Strings);
        _start = stream.Position;
        Reader = new BinaryReader(stream, Encoding.UTF8);
    }

    public bool InRepository => Repository is not null;

    public string LoaderAssemblyName => Header.LoaderAssemblyName;

    public static void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, RepositoryReader rep, string dir, params object[] extra)
        where TRes : class
    {
        if (!LoadModelOrNull<TRes, TSig>(env, out result, rep, dir, extra))
            throw env.ExceptDecode("Corrupt model file");
    }

    public static bool LoadModelOrNull<TRes, TSig>(IHostEnvironment env, out TRes result, RepositoryReader rep, string dir, params object[] extra)
        where TRes : class
    {
        result = null;
        if (rep.OpenEntryOrNull(dir, ModelStreamName) is not MemoryStream stream)
            return false;
        using ModelLoadContext context = new(rep, stream, dir);
        if (!string.IsNullOrEmpty(context.LoaderAssemblyName))
            env.ComponentCatalog.RegisterAssembly(Assembly.Load(context.LoaderAssemblyName));
        result = env.ComponentCatalog.CreateInstanceOrNull(env, context.Header.LoaderSignature, typeof(TSig), [context, .. extra]) as TRes
            ?? throw env.ExceptDecode($"Couldn't load model: '{dir}'");
        context.Done();
        return true;
    }

    public void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, string name, params object[] extra)
        where TRes : class
        => LoadModel<TRes, TSig>(env, out result, Repository, Path.Combine(Directory ?? "", name), extra);

    public bool LoadModelOrNull<TRes, TSig>(IHostEnvironment env, out TRes result, string name, params object[] extra)
        where TRes : class
        => LoadModelOrNull<TRes, TSig>(env, out result, Repository, Path.Combine(Directory ?? "", name), extra);

    public bool ContainsModel(string name)
        => !string.IsNullOrEmpty(name) && Repository.HasEntry(Path.Combine(Directory ?? "", name), ModelStreamName);

    public bool TryProcessSubModel(string dir, Action<ModelLoadContext> action)
    {
        string path = Path.Combine(Directory ?? "", dir);
        if (Repository.OpenEntryOrNull(path, ModelStreamName) is not MemoryStream stream)
            return false;
        using ModelLoadContext context = new(Repository, stream, path);
        action(context);
        return true;
    }

    public bool TryLoadBinaryStream(string name, Action<BinaryReader> action)
    {
        if (Repository.OpenEntryOrNull(Directory, name) is not MemoryStream stream)
            return false;
        using BinaryReader reader = new(stream, Encoding.UTF8);
        action(reader);
        return true;
    }

    public bool TryLoadTextStream(string name, Action<TextReader> action)
    {
        if (Repository.OpenEntryOrNull(Directory, name) is not MemoryStream stream)
            return false;
        using StreamReader reader = new(stream);
        action(reader);
        return true;
    }

    public void CheckAtModel() => Contracts.Check(_stream.Position == _start, "The model has been read from already.");

    public void CheckAtModel(VersionInfo ver)
    {
        CheckAtModel();
        CheckVersionInfo(ver);
    }

    public void CheckVersionInfo(VersionInfo ver) => ModelHeader.CheckVersionInfo(ref Header, ver);

    public string LoadStringOrNull()
    {
        int id = Reader.ReadInt32();
        Contracts.CheckDecode(id >= -1 && id < Strings.Length, "Corrupt model file");
        return id < 0 ? null : Strings[id];
    }

    public string LoadString() => LoadStringOrNull() ?? throw Contracts.ExceptDecode("Corrupt model file");

    public string LoadNonEmptyString()
    {
        string text = LoadString();
        Contracts.CheckDecode(text.Length > 0, "Corrupt model file");
        return text;
    }

    /// <summary>A count and that many strings.</summary>
    public string[] LoadNames()
    {
        int count = Reader.ReadInt32();
        Contracts.CheckDecode(count >= 0 && count <= _stream.Length / sizeof(int), "Corrupt model file");
        string[] names = new string[count];
        for (int i = 0; i < count; i++)
            names[i] = LoadString();
        return names;
    }

    public void Dispose() => Reader.Dispose();

    private void Done() => Contracts.CheckDecode(_stream.Position == _stream.Length, "Corrupt model file");
}
