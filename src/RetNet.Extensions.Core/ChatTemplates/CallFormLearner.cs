using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.ChatTemplates.Channels;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Learns from a chat template how calls are written: renders conversations with known calls and looks at what stands around their
/// names, arguments and ids.</summary>
/// <param name="template">The template.</param>
/// <param name="controlTokens">The tokenizer's control tokens by their text.</param>
/// <param name="endOfSequence">The token that ends a text, if it is known.</param>
internal sealed class CallFormLearner(ChatTemplate template, IReadOnlyDictionary<string, int> controlTokens, string? endOfSequence)
{
    private const string Question = "probe question";
    private const string Text = "probe answer";
    private const string Key = "probe_first";
    private const string OtherKey = "probe_second";
    private const string Value = "probe value";
    private const string OtherValue = "73";
    private const string LongId = "call_0123456789abcdef";

    private IEnumerable<string> SpecialTokens => controlTokens.Keys;

    private string? EndOfSequence => endOfSequence;

    private static readonly string[] Names = ["probe_alpha", "probe_beta"];
    private static readonly string[] Ids = ["Pr0beAlph", "Pr0beBeta"];
    private static readonly JsonElement Arguments = Json($$"""{"{{Key}}": "{{Value}}", "{{OtherKey}}": {{OtherValue}}}""");

    private static readonly JsonElement[] Tools = [.. Names.Select(name => Json(
        $$$"""
        {"type": "function", "function": {"name": "{{{name}}}", "description": "", "parameters": {"type": "object", "properties":
        {"{{{Key}}}": {"type": "string", "description": ""}, "{{{OtherKey}}}": {"type": "integer", "description": ""} }, "required": []} } }
        """))];

    /// <summary>Learns.</summary>
    /// <returns>The form; null if the template writes calls in no way that is understood.</returns>
    public FunctionCallFormat? Learn()
    {
        FunctionCallFormat? written = LearnWritten(argumentsAreText: false);
        if (written is null && NeedsText())
            written = LearnWritten(argumentsAreText: true);
        if (ChannelFormat.IsUsedBy(template.Text))
            return template.UsesTools ? InChannels(written) : null;
        if (written is not null)
            return written;
        return KnownForms.DescribedIn(template.Text) is { } form
            ? new FunctionCallFormat(form, controlTokens) { WritesNoCalls = true }
            : null;
    }

    private FunctionCallFormat InChannels(FunctionCallFormat? written) => new(ChannelFormat.Call, controlTokens)
    {
        Channels = new ChannelFormat(controlTokens),
        ArgumentsAreText = written is { ArgumentsAreText: true },
        EmptyContentIsNull = written is { EmptyContentIsNull: true },
        IdsAreShort = written is { IdsAreShort: true },
    };

    // A template that fails on arguments that are a mapping, or prints one as Python does, takes them as text.
    private bool NeedsText() => new[] { false, true }.All(contentIsNull => new Calls(this, false, contentIsNull).One is not { } one
        || one.LastIndexOf(Question, StringComparison.Ordinal) is var question && question < 0
        || one.IndexOf(Names[0], question, StringComparison.Ordinal) < 0
        || one.Contains("{'" + Key, StringComparison.Ordinal));

    private FunctionCallFormat? LearnWritten(bool argumentsAreText)
    {
        // A template may add a turn for the content "" or fail on null.
        Calls empty = new(this, argumentsAreText, contentIsNull: false);
        Calls none = new(this, argumentsAreText, contentIsNull: true);
        (CallForm? ofEmpty, CallForm? ofNone) = (empty.Learn(), none.Learn());
        bool isNone = ofNone is not null && (ofEmpty is null || none.One!.Length < empty.One!.Length);
        Calls calls = isNone ? none : empty;
        if ((isNone ? ofNone : ofEmpty) is not { } form)
            return null;
        return new FunctionCallFormat(form, controlTokens)
        {
            ArgumentsAreText = argumentsAreText,
            EmptyContentIsNull = calls.ContentIsNull,
            IdsAreShort = calls.Render("", (Names[0], LongId, Arguments)) is null,
        };
    }

    private string? Render(ChatTemplateMessage answer)
    {
        ChatTemplateMessage question = new("user", Question);
        try
        {
            return template.Render([question, answer], addGenerationPrompt: false, template.UsesTools ? Tools : null);
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);

    /// <summary>Renderings of calls in one way of giving them to the template.</summary>
    private sealed class Calls
    {
        private readonly CallFormLearner _learner;
        private readonly bool _argumentsAreText;

        public Calls(CallFormLearner learner, bool argumentsAreText, bool contentIsNull)
        {
            (_learner, _argumentsAreText, ContentIsNull) = (learner, argumentsAreText, contentIsNull);
            One = Render("", (Names[0], Ids[0], Arguments));
        }

        public bool ContentIsNull { get; }

        /// <summary>An answer with one call; null if the template refuses it.</summary>
        public string? One { get; }

        public string? Render(string text, params (string Name, string Id, JsonElement Arguments)[] calls) =>
            _learner.Render(new ChatTemplateMessage("assistant", text)
            {
                IsContentNull = ContentIsNull && text.Length == 0,
                ToolCalls = [.. calls.Select(call => CallJson.Write(call.Id, call.Name, _argumentsAreText
                    ? CallJson.Quote(CallJson.Text(call.Arguments))
                    : call.Arguments))],
            })?.Replace(Ids[0], CallForm.IdPlace.ToString()).Replace(Ids[1], CallForm.IdPlace.ToString());

        public CallForm? Learn()
        {
            if (One is null || Answer() is not var (header, ending))
                return null;
            int start = header.AsSpan().CommonPrefixLength(One);
            int mark = header.LastIndexOf('<', Math.Max(0, start - 1));
            if (mark >= 0 && !header.AsSpan(mark, start - mark).Contains('>'))
                start = mark;
            if (Find(One, Names[0], start) is not { } one)
                return null;
            string? two = Render("", (Names[0], Ids[0], Arguments), (Names[1], Ids[1], Arguments));
            CallText? first = two is null ? null : Find(two, Names[0], start);
            CallText? second = first is null ? null : Find(two!, Names[1], first.End);
            if (second?.Middle != first?.Middle)
                second = null;
            string? between = second is null ? null : two![first!.End..second.Start];
            string end = WithoutEnding(second is null ? One[one.End..] : two![second.End..], ending, between ?? "");
            CallForm form = Split(One[start..one.Start], one.Middle, between, end) with
            {
                Parameters = one.Parameters is { } parameters ? parameters with { Words = Words(parameters, start) } : null,
                BeforeText = string.IsNullOrWhiteSpace(header[start..]) ? "" : header[start..],
            };
            return WithText(WithoutArguments(form, start));
        }

        private static CallText? Find(string text, string name, int from) =>
            CallText.Find(text, name, from, Key, Value, OtherKey, OtherValue);

        /// <summary>What stands before and after an answer that is only text.</summary>
        private (string Header, string Ending)? Answer()
        {
            string? answer = _learner.Render(new ChatTemplateMessage("assistant", Text));
            int question = answer?.LastIndexOf(Question, StringComparison.Ordinal) ?? -1;
            int at = question < 0 ? -1 : answer!.IndexOf(Text, question, StringComparison.Ordinal);
            return at < 0 ? null : (answer![..at], answer[(at + Text.Length)..]);
        }

        private string WithoutEnding(string end, string ending, string between)
        {
            string?[] known = [ending.Trim(), Special(ending, last: false), _learner.EndOfSequence];
            string[] ends = [.. known.OfType<string>().Where(text => text.Length > 0 && end.Contains(text, StringComparison.Ordinal))];
            if (ends.Length > 0)
                return end[..ends.Min(text => end.IndexOf(text, StringComparison.Ordinal))];

            // Calls may end a turn by another token than text does.
            end = end.TrimEnd();
            string? last = Special(end, last: true);
            return last is null || between.Contains(last, StringComparison.Ordinal) ? end : end[..^last.Length];
        }

        // The control token that a text begins or ends with.
        private string? Special(string text, bool last) => _learner.SpecialTokens.FirstOrDefault(
            token => last ? text.EndsWith(token, StringComparison.Ordinal) : text.StartsWith(token, StringComparison.Ordinal));

        // between: from the arguments of a call to the name of the next.
        private static CallForm Split(string start, string middle, string? between, string end)
        {
            if (between is null)
                return new CallForm(start, middle, end);
            string before = CallText.CommonEnd(start, between);
            if (CallJson.StartOfObject(start, middle, end) >= 0 && CallJson.StartOfObject(before, middle, end) < 0)
                return new CallForm(start, middle, end);
            string rest = between[..^before.Length];
            string after = rest[..rest.AsSpan().CommonPrefixLength(end)].TrimEnd('<', '[', '{');
            return new CallForm(before, middle, after)
            {
                Open = start[..^before.Length],
                Between = rest[after.Length..],
                Close = end[after.Length..],
            };
        }

        private CallForm WithoutArguments(CallForm form, int start)
        {
            string? rendered = Render("", (Names[0], Ids[0], CallJson.NoArguments));
            int name = rendered?.IndexOf(Names[0], Math.Min(start, rendered.Length), StringComparison.Ordinal) ?? -1;
            if (name < 0)
                return form;
            name += Names[0].Length;
            string usual = form.Middle + (form.Parameters is null ? "{}" : "");
            if (form.After.Length == 0 || rendered.AsSpan(name).StartsWith(usual + form.After, StringComparison.Ordinal))
                return form;
            int after = rendered!.IndexOf(form.After, name, StringComparison.Ordinal);
            return after < 0 ? form : form with { NoArguments = rendered[name..after] };
        }

        // How the template writes true, false and null where it writes arguments one by one.
        private Dictionary<string, string> Words(ParameterForm parameters, int start)
        {
            Dictionary<string, string> words = [];
            foreach (string word in (string[])["true", "false", "null"])
            {
                string? rendered = Render("", (Names[0], Ids[0], Json($$"""{"{{Key}}": {{word}}}""")));
                int key = rendered?.IndexOf(Key, Math.Min(start, rendered.Length), StringComparison.Ordinal) ?? -1;
                int value = key + Key.Length + parameters.MiddleOfJson.Length;
                int end = key < 0 || value > rendered!.Length ? -1
                    : rendered.IndexOf(parameters.After.TrimEnd(), value, StringComparison.Ordinal);
                words[word] = end < 0 ? word : rendered![value..end];
            }

            return words;
        }

        // A text before the call, if the template writes it.
        private CallForm WithText(CallForm form)
        {
            string? rendered = Render(Text, (Names[0], Ids[0], Arguments));
            int text = rendered?.LastIndexOf(Text, StringComparison.Ordinal) ?? -1;
            int call = text < 0 ? -1 : rendered!.IndexOf(form.Open + form.Before + Names[0], text, StringComparison.Ordinal);
            return call < 0 ? form : form with { AfterText = rendered![(text + Text.Length)..call] };
        }
    }
}
