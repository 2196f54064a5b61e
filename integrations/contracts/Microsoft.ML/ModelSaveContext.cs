using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Where one component of a model writes its state: a folder in the zip file.</summary>
public sealed class ModelSaveContext : IDisposable
{
    internal readonly RepositoryWriter Repository;
    internal readonly string Directory;
    internal readonly BinaryWriter Writer;
    internal ModelHeader Header;

    private readonly MemoryStream _body = new();
    private readonly Dictionary<string, int> _strings = [];

    internal ModelSaveContext(RepositoryWriter rep, string dir)
    {
        Repository = rep;
        Directory = dir;
        Writer = new BinaryWriter(_body, Encoding.UTF8);
    }

    internal bool InRepository => Repository is not null;

    public void Dispose() => Writer.Dispose();

    internal static void SaveModel<T>(RepositoryWriter rep, T value, string path)
        where T : class
    {
        if (value is not ICanSaveModel model)
            return;
        using ModelSaveContext context = new(rep, path);
        model.Save(context);
        context.Done();
    }

    internal void SaveModel<T>(T value, string name)
        where T : class
        => SaveModel(Repository, value, Path.Combine(Directory ?? "", name));

    internal void SaveSubModel(string dir, Action<ModelSaveContext> fn)
    {
        using ModelSaveContext context = new(Repository, Path.Combine(Directory ?? "", dir));
        fn(context);
        context.Done();
    }

    internal void CheckAtModel() => Contracts.Check(_body.Position == 0, "The model has been written to already.");

    internal void SetVersionInfo(VersionInfo ver) => ModelHeader.SetVersionInfo(ref Header, ver);

    internal void SaveBinaryStream(string name, Action<BinaryWriter> action)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.CheckValue(action, nameof(action));
        Repository.WriteEntry(Directory, name, stream =>
        {
            using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
            action(writer);
        });
    }

    internal void SaveTextStream(string name, Action<TextWriter> action)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.CheckValue(action, nameof(action));
        Repository.WriteEntry(Directory, name, stream =>
        {
            using StreamWriter writer = new(stream, leaveOpen: true);
            action(writer);
        });
    }

    internal void SaveString(string str)
    {
        Contracts.CheckValue(str, nameof(str));
        SaveStringOrNull(str);
    }

    internal void SaveNonEmptyString(string str) => SaveStringOrNull(Contracts.CheckNonEmpty(str, nameof(str)));

    internal void SaveNames(IReadOnlyCollection<string> names)
    {
        Writer.Write(names.Count);
        foreach (string name in names)
            SaveString(name);
    }

    internal void SaveStringOrNull(string str)
    {
        if (str is null)
        {
            Writer.Write(-1);
            return;
        }

        if (!_strings.TryGetValue(str, out int id))
            _strings.Add(str, id = _strings.Count);
        Writer.Write(id);
    }

    internal void Done()
    {
        Contracts.Check(Header.ModelSignature != 0, "ModelSignature not specified!");
        Writer.Flush();
        Repository.WriteEntry(Directory, ModelLoadContext.ModelStreamName, stream => ModelHeader.Write(stream, Header, _strings.Keys, _body));
    }
}
