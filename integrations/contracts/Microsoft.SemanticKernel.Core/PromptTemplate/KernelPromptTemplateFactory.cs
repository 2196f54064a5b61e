using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Microsoft.SemanticKernel;

public sealed class KernelPromptTemplateFactory : IPromptTemplateFactory
{
    public KernelPromptTemplateFactory(ILoggerFactory? loggerFactory = null)
    {
    }

    public bool AllowDangerouslySetContent { get; init; }

    public bool TryCreate(PromptTemplateConfig templateConfig, [NotNullWhen(true)] out IPromptTemplate? result)
    {
        ArgumentNullException.ThrowIfNull(templateConfig);
        bool isSupported = templateConfig.TemplateFormat == PromptTemplateConfig.SemanticKernelTemplateFormat;
        result = isSupported ? new KernelPromptTemplate(templateConfig, AllowDangerouslySetContent) : null;
        return isSupported;
    }
}
