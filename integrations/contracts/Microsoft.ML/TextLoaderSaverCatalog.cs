using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public static class TextLoaderSaverCatalog
{
    public static IDataView LoadFromTextFile<TInput>(
        this DataOperationsCatalog catalog,
        string path,
        char separatorChar = '\t',
        bool hasHeader = false,
        bool allowQuoting = false,
        bool trimWhitespace = false,
        bool allowSparse = false)
    {
        Contracts.CheckNonEmpty(path, nameof(path));
        Contracts.CheckParam(!allowSparse, nameof(allowSparse), "Sparse text files are not supported.");
        if (!File.Exists(path))
            throw Contracts.ExceptParam(nameof(path), $"File or directory does not exist at path: {path}");
        return new TextFileDataView(path, typeof(TInput), separatorChar, hasHeader, allowQuoting, trimWhitespace);
    }
}
