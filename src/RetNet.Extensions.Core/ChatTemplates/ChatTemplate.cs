using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.ChatTemplates.Jinja;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>
/// A chat template: the Jinja program in tokenizer_config.json that writes a conversation as the text which a model was trained on. A
/// small, safe interpreter runs it, with the settings of transformers' <c>apply_chat_template</c> (trim_blocks, lstrip_blocks, immutable
/// values), a budget for what it computes, writes and keeps, and a bound on nesting. Immutable and thread-safe.
/// </summary>
public sealed class ChatTemplate
{
    /// <summary>The budget of one rendering: <see cref="WithBudget"/>.</summary>
    public const int DefaultBudget = 32_000_000;

    private const int LongestTemplate = 1_000_000;
    private const int LongestProblem = 1_000;

    // What grows the budget by once its own size.
    private const int CharactersPerBudget = 200_000;
    private const int ValuesPerBudget = 500;

    // Templates look from each message at all others: their time grows with the square of the messages' number, up to a bound.
    private const int PairsPerBudget = 20_000;
    private const int MostBudgetsOfPairs = 32;

    // The variables in which templates expect descriptions of functions; the second is for those that also know functions of Python.
    private static readonly string[] ToolVariables = ["tools", "xml_tools"];

    private readonly Program _program;
    private readonly Tokens _tokens;
    private readonly int _budget;
    private readonly ChatTemplate? _forTools;
    private readonly Lazy<bool> _readsPartsOnly;

    private ChatTemplate(Program program, Tokens tokens, int budget, ChatTemplate? forTools)
    {
        (_program, _tokens, _budget, _forTools) = (program, tokens, budget, forTools);
        _readsPartsOnly = new Lazy<bool>(FindWhetherPartsOnly);
    }

    /// <summary>The ChatML format: <c>&lt;|im_start|&gt;role</c>, a newline, the content, <c>&lt;|im_end|&gt;</c> and a newline.</summary>
    public static ChatTemplate ChatMl { get; } = Parse(
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor "
            + "%}" +
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}", "ChatML");

    /// <summary>Where the template comes from, usually a file.</summary>
    public string Source => _program.Source;

    /// <summary>The Jinja text, and that for conversations with tools if it is another.</summary>
    internal string Text => _program.Text + _forTools?.Text;

    /// <summary>Whether the template reads descriptions of functions: the variable <c>tools</c>, or <c>xml_tools</c>, or the field
    /// <c>tools</c> of the system message, which then gets their JSON.</summary>
    public bool UsesTools => _program.Tools is not null || _program.ReadsToolsOfMessage || _forTools is not null;

    /// <summary>Whether the template, or that for conversations with tools, reads a variable, such as <c>enable_thinking</c>.</summary>
    /// <param name="name">The variable's name.</param>
    public bool ReadsVariable(string name) => _program.Variables.Contains(name) || _forTools?.ReadsVariable(name) == true;

    /// <summary>Parses a template.</summary>
    /// <param name="template">The Jinja text.</param>
    /// <param name="source">Its name in errors, usually the file.</param>
    /// <exception cref="ChatTemplateException">The template uses a construct that is not understood.</exception>
    public static ChatTemplate Parse(string template, string source)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(source);
        string text = TemplateLexer.Normalize(template);
        if (text.Length > LongestTemplate)
            throw new ChatTemplateException(source, 1, 1, $"it has {text.Length} characters, at most {LongestTemplate} are read");
        int position = 0;
        TokenReader? reader = null;
        try
        {
            List<TemplateToken> tokens = TemplateLexer.Read(text, out position);
            reader = new TokenReader(tokens);
            IReadOnlyList<Statement> body = TemplateParser.Parse(reader);
            HashSet<string> variables = [.. TemplateNames.Variables(tokens)];
            HashSet<string> fields = [.. TemplateNames.Fields(tokens)];
            string? tools = ToolVariables.FirstOrDefault(variables.Contains);
            Program program = new(source, text, body, variables, tools,
                ReadsToolsOfMessage: tools is null && fields.Contains("tools"), ReadsThinking: fields.Contains("thinking"));
            return new ChatTemplate(program, default, DefaultBudget, forTools: null);
        }
        catch (TemplateFailure e)
        {
            throw Failure(source, text, reader?.Current.Position ?? position, e);
        }
    }

    /// <summary>The same template with the texts of <c>bos_token</c>, <c>eos_token</c> and <c>pad_token</c>.</summary>
    /// <param name="beginningOfSequence">The token that begins a text; null leaves the variable undefined.</param>
    /// <param name="endOfSequence">The token that ends a text.</param>
    /// <param name="padding">The token that fills up a batch.</param>
    public ChatTemplate WithTokens(string? beginningOfSequence, string? endOfSequence, string? padding = null) =>
        WithTokens(new Tokens(beginningOfSequence, endOfSequence, padding));

    /// <summary>The same template with another budget for one rendering. It bounds together what the template computes, writes and keeps
    /// in memory, since a template is code from a file: one unit is about a byte of memory, or the time in which one is written, and an
    /// evaluation costs 128 of them. It grows by once its size for every 200,000 characters and every 500 messages, tools and variables
    /// that the template is given, and for every 20,000 pairs of messages, at most 32 times.</summary>
    /// <param name="units">The budget, at least 1; by default <see cref="DefaultBudget"/>, which is many times what templates of published
    /// models need.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is not positive.</exception>
    public ChatTemplate WithBudget(int units)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(units);
        return new(_program, _tokens, units, _forTools?.WithBudget(units));
    }

    /// <summary>The same template with another for conversations that offer tools: the template "tool_use" of models that have
    /// several.</summary>
    /// <param name="template">That template, parsed; it gets this one's tokens and budget.</param>
    public ChatTemplate WithToolTemplate(ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return new(_program, _tokens, _budget, new ChatTemplate(template._program, _tokens, _budget, forTools: null));
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether the beginning of the assistant's answer is appended.</param>
    /// <param name="tools">Descriptions of functions, each an object in the model's format.</param>
    /// <param name="variables">Further variables of the template, such as <c>enable_thinking</c>.</param>
    /// <exception cref="ChatTemplateException">The template fails, runs for too long, or rejects the conversation.</exception>
    public string Render(
        IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt, IReadOnlyList<JsonElement>? tools = null,
        IReadOnlyDictionary<string, JsonElement>? variables = null) =>
        RenderMarked(messages, addGenerationPrompt, tools, variables).Text;

    /// <summary>The template of a model: the given one, else chat_template.jinja beside its tokenizer, else that of tokenizer_config.json;
    /// of several the one named "default", and the one named "tool_use" for conversations that offer tools.</summary>
    internal static ChatTemplate? Choose(ChatTemplate? given, TokenizerSettings settings) =>
        (given ?? Own(settings))?.WithMissingTokens(settings.BeginningOfSequence, settings.EndOfSequence, settings.Padding);

    /// <summary>The same template, its unset tokens filled in.</summary>
    internal ChatTemplate WithMissingTokens(string? beginningOfSequence, string? endOfSequence, string? padding) => WithTokens(new Tokens(
        _tokens.Beginning ?? beginningOfSequence, _tokens.End ?? endOfSequence, _tokens.Padding ?? padding));

    /// <summary>The text of a conversation that knows which characters the template wrote.</summary>
    internal MarkedText RenderMarked(
        IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt, IReadOnlyList<JsonElement>? tools,
        IReadOnlyDictionary<string, JsonElement>? variables)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (_forTools is not null && tools is { Count: > 0 })
            return _forTools.RenderMarked(messages, addGenerationPrompt, tools, variables);
        if (_readsPartsOnly.Value)
            messages = [.. messages.Select(InParts)];
        if (_program.ReadsToolsOfMessage && tools is { Count: > 0 })
            messages = WithTools(messages, tools);
        return Run(messages, addGenerationPrompt, tools, variables);
    }

    private static ChatTemplate? Own(TokenizerSettings settings)
    {
        if ((settings.TemplateFile ?? settings.ConfiguredTemplate) is not { } own)
            return null;
        ChatTemplate template = Parse(own.Text, own.Source);
        TemplateText? forTools = settings.ToolTemplateFile ?? (settings.TemplateFile is null ? settings.ConfiguredToolTemplate : null);
        return forTools is null ? template : template.WithToolTemplate(Parse(forTools.Text, forTools.Source));
    }

    private ChatTemplate WithTokens(Tokens tokens) => new(_program, tokens, _budget, _forTools?.WithTokens(tokens));

    private MarkedText Run(
        IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt, IReadOnlyList<JsonElement>? tools,
        IReadOnlyDictionary<string, JsonElement>? variables)
    {
        TemplateInterpreter interpreter = new(new Budget(Limit(messages, tools, variables), TimeOfPairs(messages.Count)));
        try
        {
            interpreter.Define("documents", null);
            foreach ((string name, JsonElement value) in variables ?? new Dictionary<string, JsonElement>())
                interpreter.Define(name, TemplateJson.Read(value));
            interpreter.Define("messages", messages.Select(object? (message, i) => ChatTemplateInput.Message(
                message, i == 0 && message.IsSystem ? TextOrigin.Setting : TextOrigin.Conversation, _program.ReadsThinking)).ToList());
            interpreter.Define("add_generation_prompt", addGenerationPrompt);
            interpreter.Define(_program.Tools ?? ToolVariables[0], tools?.Select(TemplateJson.Read).ToList());
            DefineToken(interpreter, "bos_token", _tokens.Beginning);
            DefineToken(interpreter, "eos_token", _tokens.End);
            DefineToken(interpreter, "pad_token", _tokens.Padding);
            return interpreter.Run(_program.Body);
        }
        catch (TemplateFailure e)
        {
            throw Failure(Source, _program.Text, interpreter.Position, e);
        }
        catch (OverflowException)
        {
            throw Failure(Source, _program.Text, interpreter.Position, new TemplateFailure("a number is too large"));
        }
    }

    /// <summary>Whether a question reaches the text only as a list of parts, as in templates of models that also take pictures.</summary>
    private bool FindWhetherPartsOnly()
    {
        const string question = "probe question";
        ChatTemplateMessage message = new("user", question);
        return Writes(InParts(message)) && !Writes(message);

        bool Writes(ChatTemplateMessage asked)
        {
            try
            {
                string text = Run([asked], addGenerationPrompt: false, null, null).Text;
                return text.Contains(question, StringComparison.Ordinal) && !text.Contains("'text'", StringComparison.Ordinal);
            }
            catch (ChatTemplateException)
            {
                return false;
            }
        }
    }

    // The functions alone, without what tells them from other kinds of tools, as the model was trained to read them.
    private static IReadOnlyList<ChatTemplateMessage> WithTools(
        IReadOnlyList<ChatTemplateMessage> messages, IReadOnlyList<JsonElement> tools)
    {
        string json = $"[{string.Join(", ", tools.Select(tool => CallJson.Text(
            tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out JsonElement function) ? function : tool)))}]";
        return messages is [{ IsSystem: true } system, ..]
            ? [system with { Tools = json }, .. messages.Skip(1)]
            : [new ChatTemplateMessage("system", "") { Tools = json }, .. messages];
    }

    private static ChatTemplateMessage InParts(ChatTemplateMessage message) =>
        message.Parts is not null || message.IsContentNull || message.MarkedContent is not null
        ? message
        : message with { Parts = [new ChatTemplatePart("text", message.Content)] };

    private static void DefineToken(TemplateInterpreter interpreter, string name, string? token)
    {
        if (token is not null)
            interpreter.Define(name, MarkedText.Trusted(token));
    }

    private long Limit(
        IReadOnlyList<ChatTemplateMessage> messages, IReadOnlyList<JsonElement>? tools,
        IReadOnlyDictionary<string, JsonElement>? variables)
    {
        long values = messages.Count + (tools?.Count ?? 0) + (variables?.Count ?? 0);
        return _budget + InputSize(messages, tools, variables) * _budget / CharactersPerBudget
            + values * _budget / ValuesPerBudget;
    }

    private long TimeOfPairs(int messages) => Math.Min((long)messages * messages / PairsPerBudget, MostBudgetsOfPairs) * _budget;

    private static long InputSize(
        IReadOnlyList<ChatTemplateMessage> messages, IReadOnlyList<JsonElement>? tools,
        IReadOnlyDictionary<string, JsonElement>? variables) =>
        messages.Sum(message => (long)message.Content.Length + (message.Parts?.Sum(part => part.Text?.Length ?? 0) ?? 0)
            + (message.Reasoning?.Length ?? 0) + (message.ToolCalls?.Sum(Size) ?? 0))
        + (tools?.Sum(Size) ?? 0) + (variables?.Values.Sum(Size) ?? 0);

    private static long Size(JsonElement element) => element.ValueKind == JsonValueKind.Undefined
        ? 0
        : JsonMarshal.GetRawUtf8Value(element).Length;

    private static ChatTemplateException Failure(string source, string text, int position, TemplateFailure failure)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Min(position, text.Length));
        string problem = failure.Message.Length > LongestProblem ? $"{failure.Message.AsSpan(0, LongestProblem)}…" : failure.Message;
        return new ChatTemplateException(source, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'), problem, failure);
    }

    /// <summary>A parsed template.</summary>
    /// <param name="Source">Where it comes from.</param>
    /// <param name="Text">The Jinja text.</param>
    /// <param name="Body">Its statements.</param>
    /// <param name="Variables">The names of variables in it, also of those that it sets.</param>
    /// <param name="Tools">The variable in which it expects descriptions of functions; null if it reads none.</param>
    /// <param name="ReadsToolsOfMessage">Whether it expects them in a field of the system message instead.</param>
    /// <param name="ReadsThinking">Whether it reads the field <c>thinking</c> of messages.</param>
    private sealed record Program(
        string Source, string Text, IReadOnlyList<Statement> Body, IReadOnlySet<string> Variables, string? Tools,
        bool ReadsToolsOfMessage, bool ReadsThinking);

    private readonly record struct Tokens(string? Beginning, string? End, string? Padding);
}
