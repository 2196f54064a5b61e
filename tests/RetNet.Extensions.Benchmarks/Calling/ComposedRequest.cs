namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Puts together a request for a composed function, with its parameters in braces.</summary>
internal sealed class ComposedRequest
{
    // VERB is what is done, NOUN what it is done to, THING the same with what stands beside it, WHO wants it; other values come in the
    // place of the dots.
    private static readonly string[] WithVerb =
    [
        "VERB THING….", "VERB THING….", "VERB THING…", "Please VERB THING….", "VERB THING…, please.", "Can you VERB THING…?",
        "Could you VERB THING…?", "I want you to VERB THING….", "I want to VERB THING….", "I need to VERB THING….",
        "I would like to VERB THING….", "You should VERB THING….", "Help me VERB THING….", "Now VERB THING….", "I have THING. VERB it….",
        "Here is THING, VERB it….", "Is there THING? VERB it….", "Who can VERB THING…?", "How do I VERB THING…?", "Go and VERB THING….",
    ];

    private static readonly string[] WithoutVerb =
    [
        "I need THING….", "I want THING….", "Get me THING….", "Give me THING….", "THING…, please.", "Is there THING…?",
        "Where is THING…?", "How is THING…?", "What is THING…?", "Which NOUN…?", "Tell me THING….", "What about THING…?",
        "Do you have THING…?", "I am looking for THING….", "There should be THING….", "Make THING….",
    ];

    private static readonly string[] WithSubject =
    [
        "WHO needs THING….", "WHO wants THING….", "WHO gets THING….", "WHO would like THING….", "WHO asks you to VERB THING….",
        "For WHO: VERB THING….", "WHO should have THING….", "WHO wants to VERB THING….", "WHO becomes THING….", "Give WHO THING….",
    ];

    private static readonly string[] Articles = ["the ", "the ", "a ", "my ", "", "some ", "this ", "our ", "another "];

    private readonly Values _values;
    private readonly string _noun;
    private string _thing;
    private bool _hasNoun = true;
    private bool _isPlain = true;
    private string? _subject;
    private string _said = "";
    private string _lastSaid = "";

    private ComposedRequest(Values values, string noun)
    {
        (_values, _noun) = (values, noun);
        _thing = values.OneOf(Articles) + noun;
    }

    public static string Write(Values values, string verb, string noun, IEnumerable<Slot> slots)
    {
        ComposedRequest request = new(values, noun);
        Slot[] order = [.. slots];
        values.Random.Shuffle(order);
        foreach (Slot slot in order)
            request.Add(slot);
        return request.Text(verb);
    }

    /// <summary>Finds a place for a value: in the thing, as who wants it, or after all that.</summary>
    private void Add(Slot slot)
    {
        string value = $"{{{slot.Names[0]}}}";
        bool canMove = !slot.IsPair && !slot.IsOptional;
        if (slot.IsObject)
        {
            _hasNoun = _values.Chance(0.5);
            SetThing(_hasNoun
                ? [$"the {value} {_noun}", $"the {_noun} {value}", $"a {_noun} {value}", $"{_noun} {value}", $"the {_noun} of {value}"]
                : [value, value, $"the {value}", $"my {value}"]);
        }
        else if (canMove && _isPlain && slot.Kind is "choice" or "room" && _values.Chance(0.35))
        {
            SetThing([$"the {value} {_noun}", $"a {value} {_noun}", $"the {_noun} {value}"]);
        }
        else if (canMove && _isPlain && slot.Kind is "count" && _values.Chance(0.5))
        {
            SetThing([$"{value} {_noun}s", $"{value} {_noun}", $"{value} of the {_noun}"]);
        }
        else if (canMove && _subject is null && slot.Kind is "person" or "email" && _values.Chance(0.3))
        {
            _subject = value;
        }
        else
        {
            string way = _values.OneOf(slot.Ways);
            way = way[0] == ':' ? way : $" {way}";
            way = slot.IsOptional ? $"[{way}]" : way;
            (_said, _lastSaid) = slot.Kind == "text" ? (_said, _lastSaid + way) : (_said + way, _lastSaid);
        }
    }

    private void SetThing(string[] choices) => (_thing, _isPlain) = (_values.OneOf(choices), false);

    private string Text(string verb)
    {
        string[] frames = _subject is not null ? WithSubject : _hasNoun && _values.Chance(0.35) ? WithoutVerb : WithVerb;
        if (!_hasNoun)
            frames = [.. frames.Where(frame => frame.Contains("VERB", StringComparison.Ordinal))];
        string text = _values.OneOf(frames).Replace("VERB", verb, StringComparison.Ordinal).Replace("NOUN", _noun, StringComparison.Ordinal)
            .Replace("THING", _thing, StringComparison.Ordinal).Replace("WHO", _subject, StringComparison.Ordinal)
            .Replace("…", _said + _lastSaid, StringComparison.Ordinal);
        return _values.Chance(0.9) ? Values.Capital(text) : text;
    }
}
