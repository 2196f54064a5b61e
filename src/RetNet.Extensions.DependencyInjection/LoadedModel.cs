using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>A loaded model with the options that apply to it.</summary>
public sealed class LoadedModel
{
    internal LoadedModel(TextModel textModel, GenerationOptions defaultOptions, ChatEncoder chat) =>
        (TextModel, DefaultOptions, Chat) = (textModel, defaultOptions, chat);

    /// <summary>The model. <see cref="SharedModel"/> disposes it.</summary>
    public TextModel TextModel { get; }

    /// <summary>How texts are generated unless a request says otherwise: the options' values, else the model's.</summary>
    public GenerationOptions DefaultOptions { get; }

    /// <summary>Turns conversations into tokens by <see cref="ChatTemplate"/>.</summary>
    public ChatEncoder Chat { get; }

    /// <summary>The options' chat template, else the model's; null if neither has one.</summary>
    /// <exception cref="ChatTemplateException">The model's template uses a construct that is not understood; texts without a template can
    /// still be generated.</exception>
    public ChatTemplate? ChatTemplate => Chat.Template;
}
