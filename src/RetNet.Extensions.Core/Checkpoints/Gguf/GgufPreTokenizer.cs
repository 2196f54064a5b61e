namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>What a name in tokenizer.ggml.pre stands for: how words are cut before byte-pair encoding.</summary>
/// <param name="Expressions">Regular expressions, each applied to what the previous one left whole, as the models' own tokenizer.json files
/// have them.</param>
/// <param name="IgnoreMerges">Whether a word that is itself a token is taken whole.</param>
/// <param name="AddsBeginning">Whether a text begins with the beginning-of-sequence token unless the file says otherwise.</param>
/// <param name="Composes">Whether the text is composed first (Unicode NFC).</param>
internal sealed record GgufPreTokenizer(string[] Expressions, bool IgnoreMerges = false, bool AddsBeginning = false, bool Composes = false)
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Spaces = @"|\s+(?!\S)|\s+";
    private const string Symbols = @"| ?[^\s\p{L}\p{N}]+";

    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+" + Symbols + Spaces;
    private const string Words = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string SymbolLines = Symbols + @"[\r\n]*|\s*[\r\n]+";
    private const string Llama3 = Contractions + "|" + Words + @"|\p{N}{1,3}" + SymbolLines + Spaces;
    private const string Qwen2 = Contractions + "|" + Words + @"|\p{N}" + SymbolLines + Spaces;

    // Words of which the case changes once at most: upper case, then lower case.
    private const string Uppers = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lowers = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string LowerWord = @"[^\r\n\p{L}\p{N}]?" + Uppers + "*" + Lowers + "+";
    private const string UpperWord = @"[^\r\n\p{L}\p{N}]?" + Uppers + "+" + Lowers + "*";
    private const string PathLines = Symbols + @"[\r\n/]*|\s*[\r\n]+" + Spaces;
    private const string Tekken = LowerWord + "|" + UpperWord + @"|\p{N}" + PathLines;
    private const string Gpt4Words = LowerWord + Contractions + "?|" + UpperWord + Contractions + "?";
    private const string Gpt4O = Gpt4Words + @"|\p{N}{1,3}" + PathLines;

    private const string Numbers = @"\p{N}{1,3}";
    private const string Cjk = @"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
    private const string Deepseek3Words =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+";
    private const string Deepseek3 = Deepseek3Words + @"[\r\n]*|\s*[\r\n]+" + Spaces;
    private const string EastAsian = @"[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";
    private const string Sentences = @" ?[^(\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";

    // Letters with case, by name as DeepSeek's file has them.
    private const string DeepseekLetters =
        @"\s?[A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376"
        + @"\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556"
        + @"\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A"
        + @"\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4"
        + @"\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC"
        + @"\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F"
        + @"\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B"
        + @"\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A]+";

    private static readonly Dictionary<string, GgufPreTokenizer> Table = [];

    static GgufPreTokenizer()
    {
        Add("default", new([@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"]));
        Add("gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert jina-v1-en jina-v2-code roberta-bpe mpt "
            + "olmo jais trillion granite-docling exaone4", new([Gpt2]));
        Add("llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano", new([Llama3], IgnoreMerges: true,
            AddsBeginning: true));
        Add("smaug-bpe dbrx glm4 chatglm-bpe", new([Llama3]));
        Add("qwen2 deepseek-r1-qwen f2llmv2", new([Qwen2], Composes: true));
        Add("stablelm2 kormo megrez hunyuan solar-open grok-2", new([Qwen2]));
        Add("qwen35", new(
            [Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+" + Spaces], Composes: true));
        Add("ufakzeka", new([Words + @"|\p{N}" + SymbolLines + Spaces]));
        Add("laguna", new([@"[^\n]+|[\n]+", Qwen2]));
        Add("minicpm5", new([Numbers, Contractions + "|" + Words + @"|\p{N}+" + SymbolLines + Spaces], IgnoreMerges: true));
        Add("seed-coder", new(
            [Contractions + "|" + Words + @"|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+" + Spaces]));
        Add("bailingmoe bailingmoe2 llada-moe", new(
            [@"'(?i:[sdmt]|ll|ve|re)|" + Words + @"|\p{N}" + Symbols + @"[\r\n]*|\s*[\r\n]" + Spaces]));
        Add("exaone-moe", new([Contractions
            + @"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}" + Symbols + @"[\r\n/]?|\s*[\r\n]" + Spaces]));
        Add("jais-2", new([Contractions + "|" + Words + "|" + Numbers + SymbolLines + string.Concat(
            new[] { "512", "256", "128", "64", "32", "16", "8", "4", "1,2" }.Select(count => $@"|\s{{{count}}}(?!\S)")) + @"|\s{1}"]));
        Add("smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", new([@"\p{N}", Gpt2]));
        Add("falcon", new([@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"]));
        Add("tekken", new([Tekken], IgnoreMerges: true, AddsBeginning: true));
        Add("gpt-4o llama4 kanana2 talkie minimax-m2", new([Gpt4O]));
        Add("granite-embed-multi-97m", new([Gpt4O], IgnoreMerges: true));
        Add("tiny_aya cohere2moe", new([@"\d{1,3}(?=(?:\d{3})*(?!\w))", Gpt4O]));
        Add("youtu", new(
        [
            @"[\uAC00-\uD7A3\u3131-\u318E]+|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+"
                + @"|[\u3105-\u312F]+|" + Cjk,
            Gpt4Words + @"|\p{N}" + PathLines,
        ], IgnoreMerges: true));
        Add("deepseek-llm", new(
        [
            @"[\r\n]", DeepseekLetters, @"\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+", @"\s+$", EastAsian, @"\p{N}",
        ]));
        Add("deepseek-coder", new([@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", EastAsian, @"\p{N}"]));
        Add("deepseek-v3 hunyuan-dense joyai-llm hy_v4", new([Numbers, Cjk, Deepseek3]));
        Add("spark2_5", new([Numbers, Cjk, Deepseek3Words + @"|[\r\n]" + Spaces, @"\p{N}"]));
        Add("afmoe", new(
        [
            @"\p{Nd}{1,3}(?=(?:\p{Nd}{3})*(?!\p{Nd}))",
            @"[\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF\u3040-\u309F\u30A0-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF\u0E40-\u0E7F\u0E80-\u0EFF"
                + @"\u1780-\u17FF\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF]+",
            Deepseek3,
        ]));
        Add("superbpe", new([@"\p{N}+", @"(?=(\d{3})+(?!\d))"]));
        Add("bloom gpt3-finnish poro-chat", new([Sentences]));
        Add("viking", new([Sentences, @"\p{N}"]));
        Add("chameleon", new(
            ["<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", @"([\t\n]|    |  )", @"\p{N}", @"[\p{P}!-/:-@\[-`{-~]", Gpt2],
            AddsBeginning: true));
    }

    /// <summary>The names that are known, for messages.</summary>
    public static string Known => "one of " + string.Join(", ", Table.Keys);

    /// <summary>Looks a name up, by llama.cpp's table (llama-vocab.cpp). Those of tokenizers that do not write text as bytes, such as
    /// gemma4, are not in it.</summary>
    /// <returns>The pre-tokenizer, or null where the name is not known.</returns>
    public static GgufPreTokenizer? Find(string name) => Table.GetValueOrDefault(name);

    private static void Add(string names, GgufPreTokenizer preTokenizer)
    {
        foreach (string name in names.Split(' '))
            Table.Add(name, preTokenizer);
    }
}
