using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed class TransformsCatalog : IInternalCatalog
{
    private readonly IHostEnvironment _environment;

    internal TransformsCatalog(IHostEnvironment env)
    {
        _environment = env;
        Conversion = new ConversionTransforms(this);
        Text = new TextTransforms(this);
    }

    public ConversionTransforms Conversion { get; }

    public TextTransforms Text { get; }

    IHostEnvironment IInternalCatalog.Environment => _environment;

    public abstract class SubCatalogBase : IInternalCatalog
    {
        private readonly TransformsCatalog _owner;

        private protected SubCatalogBase(TransformsCatalog owner) => _owner = owner;

        IHostEnvironment IInternalCatalog.Environment => _owner.GetEnvironment();
    }

    public sealed class ConversionTransforms : SubCatalogBase
    {
        internal ConversionTransforms(TransformsCatalog owner)
            : base(owner)
        {
        }
    }

    public sealed class TextTransforms : SubCatalogBase
    {
        internal TextTransforms(TransformsCatalog owner)
            : base(owner)
        {
        }
    }
}
