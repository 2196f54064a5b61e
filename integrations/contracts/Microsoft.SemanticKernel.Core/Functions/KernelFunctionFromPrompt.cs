using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace Microsoft.SemanticKernel;

/// <summary>Renders a prompt and hands it to the first kind of service that is registered: chat completion, text generation, chat client.</summary>
internal sealed class KernelFunctionFromPrompt : KernelFunction
{
    private readonly IPromptTemplate _template;
    private readonly IReadOnlyList<InputVariable> _inputVariables;

    public KernelFunctionFromPrompt(IPromptTemplate template, PromptTemplateConfig config)
        : this(template, [.. config.InputVariables], config.ExecutionSettings, new KernelFunctionMetadata(config.Name ?? $"Function_{Guid.NewGuid():N}")
        {
            Description = config.Description ?? string.Empty,
            Parameters = [.. config.InputVariables.Select(variable => new KernelParameterMetadata(variable.Name)
            {
                Description = variable.Description,
                DefaultValue = variable.Default,
                IsRequired = variable.IsRequired,
                ParameterType = variable.Default?.GetType() ?? typeof(string),
            })],
        })
    {
    }

    private KernelFunctionFromPrompt(
        IPromptTemplate template,
        IReadOnlyList<InputVariable> inputVariables,
        IReadOnlyDictionary<string, PromptExecutionSettings>? executionSettings,
        KernelFunctionMetadata metadata)
        : base(metadata, executionSettings)
    {
        _template = template;
        _inputVariables = inputVariables;
    }

    public override KernelFunction Clone(string? pluginName = null) => new KernelFunctionFromPrompt(
        _template,
        _inputVariables,
        ExecutionSettings,
        new KernelFunctionMetadata(Name) { PluginName = pluginName, Description = Description, Parameters = Metadata.Parameters });

    private protected override async ValueTask<FunctionResult> InvokeCoreAsync(
        Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
    {
        var (service, prompt, settings) = await RenderAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
        switch (service)
        {
            case IChatCompletionService chatCompletion:
                var messages = await chatCompletion.GetChatMessageContentsAsync(prompt, settings, kernel, cancellationToken).ConfigureAwait(false);
                return Result(messages, prompt, kernel);
            case ITextGenerationService textGeneration:
                var texts = await textGeneration.GetTextContentsAsync(prompt, settings, kernel, cancellationToken).ConfigureAwait(false);
                return Result(texts, prompt, kernel);
            default:
                var response = await ((IChatClient)service)
                    .GetResponseAsync(ChatPromptParser.Parse(prompt).ToChatMessages(), settings.ToChatOptions(kernel), cancellationToken)
                    .ConfigureAwait(false);
                return new FunctionResult(this, response, kernel.Culture, response.AdditionalProperties) { RenderedPrompt = prompt };
        }
    }

    private protected override async IAsyncEnumerable<TResult> InvokeStreamingCoreAsync<TResult>(
        Kernel kernel, KernelArguments arguments, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (service, prompt, settings) = await RenderAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<object> contents = service switch
        {
            IChatCompletionService chatCompletion => chatCompletion.GetStreamingChatMessageContentsAsync(prompt, settings, kernel, cancellationToken),
            ITextGenerationService textGeneration => textGeneration.GetStreamingTextContentsAsync(prompt, settings, kernel, cancellationToken),
            _ => ((IChatClient)service)
                .GetStreamingResponseAsync(ChatPromptParser.Parse(prompt).ToChatMessages(), settings.ToChatOptions(kernel), cancellationToken),
        };
        await foreach (object content in contents.ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return As<TResult>(content);
        }
    }

    private static TResult As<TResult>(object content) => content switch
    {
        _ when typeof(TResult) == typeof(string) => (TResult)(object)content.ToString()!,
        TResult result => result,
        StreamingKernelContent { InnerContent: TResult inner } => inner,
        StreamingKernelContent kernelContent when typeof(TResult) == typeof(byte[]) => (TResult)(object)kernelContent.ToByteArray(),
        ChatResponseUpdate update when typeof(StreamingKernelContent).IsAssignableFrom(typeof(TResult))
            => (TResult)(object)update.ToStreamingChatMessageContent(),
        _ => throw new NotSupportedException($"The specific type {typeof(TResult)} is not supported."),
    };

    private FunctionResult Result(IReadOnlyList<KernelContent> contents, string prompt, Kernel kernel) => contents switch
    {
        [] => new FunctionResult(this, culture: kernel.Culture) { RenderedPrompt = prompt },
        [var only] => new FunctionResult(this, only, kernel.Culture, only.Metadata) { RenderedPrompt = prompt },
        _ => new FunctionResult(this, contents, kernel.Culture) { RenderedPrompt = prompt },
    };

    private async Task<(IAIService Service, string Prompt, PromptExecutionSettings? Settings)> RenderAsync(
        Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
    {
        foreach (var variable in _inputVariables.Where(variable => variable.Default is not null))
            arguments.TryAdd(variable.Name, variable.Default);

        var service = Select(kernel, arguments, out var settings);
        string prompt = await _template.RenderAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
        return (service, prompt, settings);
    }

    private IAIService Select(Kernel kernel, KernelArguments arguments, out PromptExecutionSettings? settings)
    {
        var selector = kernel.ServiceSelector;
        if (selector.TrySelectAIService(kernel, this, arguments, out IChatCompletionService? chatCompletion, out settings))
            return chatCompletion;
        if (selector.TrySelectAIService(kernel, this, arguments, out ITextGenerationService? textGeneration, out settings))
            return textGeneration;
        if (selector is IChatClientSelector clients && clients.TrySelectChatClient(kernel, this, arguments, out IChatClient? client, out settings))
            return new ChatClientAIService(client);

        string expected = ExecutionSettings is { Count: > 0 } ? $" Expected serviceIds: {string.Join("|", ExecutionSettings.Keys)}." : string.Empty;
        throw new KernelException(
            $"No service was found for any of the supported types: {typeof(IChatCompletionService)}, {typeof(ITextGenerationService)}, {typeof(IChatClient)}.{expected}");
    }
}
