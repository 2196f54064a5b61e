using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Text;

namespace Microsoft.ML;

public static class TextCatalog
{
    public static TextFeaturizingEstimator FeaturizeText(
        this TransformsCatalog.TextTransforms catalog, string outputColumnName, string inputColumnName = null)
        => new(catalog.GetEnvironment(), outputColumnName, inputColumnName);
}
