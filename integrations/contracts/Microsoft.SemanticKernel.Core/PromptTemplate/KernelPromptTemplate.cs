using System.Net;
using System.Text;
using Microsoft.SemanticKernel.TemplateEngine;

namespace Microsoft.SemanticKernel;

/// <summary>A template of the semantic-kernel format: text with <c>{{$variable}}</c>, <c>{{"value"}}</c> and <c>{{plugin.function …}}</c>.</summary>
internal sealed class KernelPromptTemplate : IPromptTemplate
{
    private readonly IReadOnlyList<Block> _blocks;
    private readonly bool _isContentSafe;
    private readonly HashSet<string> _safeVariables;

    public KernelPromptTemplate(PromptTemplateConfig config, bool allowDangerouslySetContent)
    {
        _blocks = TemplateParser.Parse(config.Template);
        AddMissingInputVariables(config);
        _isContentSafe = allowDangerouslySetContent || config.AllowDangerouslySetContent;
        _safeVariables =
        [
            .. config.InputVariables.Where(variable => allowDangerouslySetContent || variable.AllowDangerouslySetContent).Select(variable => variable.Name),
        ];
    }

    public async Task<string> RenderAsync(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        var result = new StringBuilder();
        foreach (var block in _blocks)
        {
            object? value = await block.RenderAsync(kernel, arguments ?? [], cancellationToken).ConfigureAwait(false);
            string? text = FunctionResult.ConvertToString(value, kernel.Culture);
            result.Append(IsSafe(block) ? text : WebUtility.HtmlEncode(text));
        }

        return result.ToString();
    }

    private bool IsSafe(Block block) => block switch
    {
        TextBlock => true,
        VariableBlock variable => _safeVariables.Contains(variable.Name),
        _ => _isContentSafe,
    };

    private void AddMissingInputVariables(PromptTemplateConfig config)
    {
        var names = new HashSet<string>(config.InputVariables.Select(variable => variable.Name), StringComparer.OrdinalIgnoreCase);
        foreach (string name in _blocks.SelectMany(block => block.Variables).Where(names.Add))
            config.InputVariables.Add(new InputVariable { Name = name });
    }
}
