using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Channels;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Decoding;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Turns conversations into tokens: chooses the chat template, renders it and encodes the text. Immutable and
/// thread-safe.</summary>
public sealed class ChatEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly Lazy<ChatTemplate?> _template;
    private readonly Lazy<FunctionCallFormat?> _callFormat;
    private readonly Lazy<AnswerFormat> _answers;
    private readonly Lazy<string> _fingerprint;

    /// <summary>Creates an encoder.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="template">A template to use instead of the model's own; null for the model's own.</param>
    public ChatEncoder(Tokenizer tokenizer, ChatTemplate? template = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _template = new Lazy<ChatTemplate?>(() => ChatTemplate.Choose(template, tokenizer.Settings));
        _callFormat = new Lazy<FunctionCallFormat?>(LearnCallFormat);
        _answers = new Lazy<AnswerFormat>(() => new AnswerFormat(tokenizer,
            Template is { } used && ChannelFormat.IsUsedBy(used.Text) ? new ChannelFormat(ControlTokens()) : null));
        _fingerprint = new Lazy<string>(FindFingerprint);
    }

    /// <summary>The template that is used: the one that was given, otherwise the model's chat_template.jinja, otherwise the template in its
    /// tokenizer_config.json; null if there is none. The model's own is parsed when first asked for.</summary>
    /// <exception cref="ChatTemplateException">The model's own template uses a construct that is not understood.</exception>
    public ChatTemplate? Template => _template.Value;

    /// <summary>How the model writes calls of functions, learnt from <see cref="Template"/> when first asked for; null if there is no
    /// template, or it neither writes nor describes calls in a way that is understood.</summary>
    /// <exception cref="ChatTemplateException">The model's own template uses a construct that is not understood.</exception>
    public FunctionCallFormat? CallFormat => _callFormat.Value;

    /// <summary>How the model writes its reasoning and what follows it, as its vocabulary and <see cref="Template"/> show.</summary>
    /// <exception cref="ChatTemplateException">The model's own template uses a construct that is not understood.</exception>
    [Experimental("RETNET001")]
    public AnswerFormat Answers => _answers.Value;

    /// <summary>Names tokenizer and chat template: a hash of the vocabulary, of how a text with many kinds of characters is encoded, and of
    /// <see cref="Template"/>. What was written with another one reads as other tokens.</summary>
    /// <exception cref="ChatTemplateException">The model's own template uses a construct that is not understood.</exception>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>
    /// The ids of a conversation, rendered by the chat template. Special tokens are recognised where the template wrote them, and only
    /// there: the same characters in a message's content, a tool or a variable are encoded as ordinary text, so that a message cannot forge
    /// a turn. Otherwise the ids are those of the rendered text. Added tokens that are not special (such as Qwen3's <c>&lt;think&gt;</c>)
    /// are vocabulary and are recognised anywhere.
    /// </summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether the beginning of the assistant's answer is appended.</param>
    /// <param name="tools">Descriptions of functions, each an object in the model's format.</param>
    /// <param name="variables">Further variables of the template, such as <c>enable_thinking</c>.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="InvalidOperationException">There is no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template is not understood, fails or rejects the conversation.</exception>
    /// <exception cref="TokenizerException">As for <see cref="Tokenizer.Encode(string, bool)"/>.</exception>
    public int[] Encode(
        IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt = true, IReadOnlyList<JsonElement>? tools = null,
        IReadOnlyDictionary<string, JsonElement>? variables = null) =>
        Encode(Render(messages, addGenerationPrompt, tools, variables));

    /// <summary>The ids of a conversation with the beginning of the assistant's answer, as
    /// <see cref="Encode(IReadOnlyList{ChatTemplateMessage}, bool, IReadOnlyList{JsonElement}, IReadOnlyDictionary{string, JsonElement})"/>
    /// gives them, and how many of them other conversations share.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="prefixLength">The number of first ids that a conversation with the same system message and tools begins with, whatever
    /// its messages say; 0 without a system message and tools.</param>
    /// <param name="tools">Descriptions of functions, each an object in the model's format.</param>
    /// <param name="variables">Further variables of the template, such as <c>enable_thinking</c>.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="InvalidOperationException">There is no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template is not understood, fails or rejects the conversation.</exception>
    /// <exception cref="TokenizerException">As for <see cref="Tokenizer.Encode(string, bool)"/>.</exception>
    public int[] Encode(
        IReadOnlyList<ChatTemplateMessage> messages, out int prefixLength, IReadOnlyList<JsonElement>? tools = null,
        IReadOnlyDictionary<string, JsonElement>? variables = null)
    {
        MarkedText text = Render(messages, addGenerationPrompt: true, tools, variables);
        int[] ids = Encode(text);
        bool hasSystem = messages is [{ IsSystem: true }, ..];
        prefixLength = 0;
        if (!hasSystem && tools is not { Count: > 0 })
            return ids;

        // A first message without text leaves no mark in the rendered text: one with a text shows where it begins.
        int first = hasSystem ? 1 : 0;
        MarkedText marked = first < messages.Count && !string.IsNullOrWhiteSpace(messages[first].Content)
            ? text
            : Render([.. messages.Take(first), Something(messages.ElementAtOrDefault(first)), .. messages.Skip(first + 1)],
                addGenerationPrompt: true, tools, variables);

        // The last ids of the prefix alone may be others than those of the whole text, where characters on both sides of the border merge.
        prefixLength = ids.AsSpan().CommonPrefixLength(Encode(marked.Slice(0, marked.ConversationStart)));
        return ids;
    }

    private static ChatTemplateMessage Something(ChatTemplateMessage? message) =>
        message is null ? new ChatTemplateMessage("user", "\u00b7") : message with { Content = "\u00b7" };

    private int[] Encode(MarkedText text) => _tokenizer.Encode(text, addSpecialTokens: false);

    private MarkedText Render(
        IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt, IReadOnlyList<JsonElement>? tools,
        IReadOnlyDictionary<string, JsonElement>? variables)
    {
        ChatTemplate template = Template ?? throw new InvalidOperationException(
            $"{_tokenizer.FileName} has no chat template; pass one, such as {nameof(ChatTemplate)}.{nameof(ChatTemplate.ChatMl)}.");
        if (messages.Any(message => message.ToolCalls is not null || message.ToolCallId is not null))
            messages = CallFormat?.Adapt(messages) ?? messages;
        return template.RenderMarked(messages, addGenerationPrompt, tools, variables);
    }

    private string FindFingerprint()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int id = 0; id < _tokenizer.VocabularySize; id++)
        {
            string token = _tokenizer.Table.Kind(id) == TokenKind.None ? "" : _tokenizer.TokenText(id);
            Append(hash, (_tokenizer.IsSpecial(id) ? 'c' : 't') + token);
        }

        Append(hash, string.Join(' ', EncodeSample()));
        Append(hash, Template?.Text ?? "");
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private int[] EncodeSample()
    {
        const string text = "The 12,345 quick  brown\tfoxes\r\n\u00fcber \u732b\U0001F408 don't_stop; e\u0301!";
        try
        {
            return _tokenizer.Encode(text);
        }
        catch (TokenizerException)
        {
            // A vocabulary may have no token for some character, and none for unknown ones. Then its tokens alone tell it from others.
            return [];
        }
    }

    private static void Append(IncrementalHash hash, string text)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        hash.AppendData([0]);
    }

    private FunctionCallFormat? LearnCallFormat() => Template is { } template
        ? new CallFormLearner(template, ControlTokens(), _tokenizer.Settings.EndOfSequence).Learn()
        : null;

    private Dictionary<string, int> ControlTokens()
    {
        Dictionary<string, int> control = [];
        for (int id = 0; id < _tokenizer.VocabularySize; id++)
        {
            if (_tokenizer.IsSpecial(id))
                control[_tokenizer.TokenText(id)] = id;
        }

        return control;
    }
}
