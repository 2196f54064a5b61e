using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>A JSON document of a model's folder. The model is loaded with it, and encodes and writes a text.</summary>
internal sealed class DocumentReader(string name, string document) : Reader
{
    private static readonly string[] Folders = [TinyText.RetNet, TinyText.Llama];

    // A tokenizer's regular expressions have time limits of their own.
    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(5);

    private static readonly byte[][] Tokenizers =
    [
        """
        {"added_tokens":[{"id":0,"content":"<s>","special":true,"normalized":false},{"id":7,"content":"x y","lstrip":true,"rstrip":false,
        "normalized":true,"special":false}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend",
        "prepend":"\u2581"},
        {"type":"Replace","pattern":{"String":" "},"content":"\u2581"},{"type":"Lowercase"},{"type":"StripAccents"},{"type":"Strip"}]},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{L}+|(a|b|ab)*c|\\s+(?!\\S)"},
        "behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},{"type":"Punctuation"},{"type":"WhitespaceSplit"},
        {"type":"ByteLevel","add_prefix_space":true,"use_regex":true}]},
        "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A",
        "type_id":0}}],
        "special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}},
        "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},{"type":"ByteFallback"},
        {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
        "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
        "vocab":{"<s>":0,"<unk>":1,"a":2,"b":3,"ab":4,"\u2581":5,"<0x0A>":6},"merges":["a b"]}}
        """u8.ToArray(),
        """
        {"pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"first","split":true},"decoder":{"type":"Metaspace",
        "replacement":"\u2581","prepend_scheme":"first"},"model":{"type":"BPE","vocab":{"a":0,"\u2581":1,"a\u2581":2,"aa":3},
        "merges":[["a","\u2581"],["a","a"]]}}
        """u8.ToArray(),
        """
        {"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
        "pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]},
        "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"[UNK]",
        "continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##b":4,"##a":5}}}
        """u8.ToArray(),
        """
        {"normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"DAAAAAAEAABhCQAAAAAAgGIA"},
        {"type":"SentencePiece","precompiled_charsmap":"DAAAAAAEAABhCQAAAAAAgGIA","add_dummy_prefix":true,
        "remove_extra_whitespaces":true}]},"decoder":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always"},
        "model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["\u2581",-1.5],["a",-2],["ab",-3],["<0x0A>",-9]]}}
        """u8.ToArray(),
    ];

    public override string Name => name;

    public override TimeSpan TimeLimit => document == "tokenizer.json" ? PatternTime : base.TimeLimit;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Folders.Select(folder => File.ReadAllBytes(Path.Combine(folder, document))), .. document == "tokenizer.json" ? Tokenizers : [],
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Json.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        if (document == "tokenizer.json")
        {
            Tokenizer tokenizer = Tokenizer.Parse(input, document);
            _ = tokenizer.Decode(tokenizer.Encode("ab a1b2 x y<s> \né😀" + new string('a', 100)));
        }

        foreach (string folder in Folders)
        {
            ModelDocuments documents = ModelDocuments.Read(folder);
            documents = document switch
            {
                "config.json" => documents with { Configuration = input },
                "tokenizer.json" => documents with { Tokenizer = input },
                "tokenizer_config.json" => documents with { TokenizerConfiguration = input, ChatTemplate = default },
                _ => documents with { GenerationConfiguration = input },
            };
            using FileStream weights = File.OpenRead(Path.Combine(folder, "model.safetensors"));
            try
            {
                using TextModel model = TextModel.FromMemory("model", documents, weights, TinyText.OneThread);
                Use(model);
            }
            catch (Exception exception) when (IsRefusal(exception) && folder != Folders[^1])
            {
                // The document of another family.
            }
        }
    }

    public override bool IsRefusal(Exception exception) =>
        exception is CheckpointException or TokenizerException or ChatTemplateException || GivesNoToken(exception);

    private static void Use(TextModel model)
    {
        int[] ids = model.ChatTemplate is null
            ? model.EncodePrompt("The dog")
            : model.Chat.Encode([new ChatTemplateMessage("user", "The dog")]);
        if (ids.Length == 0)
            return;
        _ = model.CreateGenerator().Generate(new GenerationRequest(ids, model.DefaultOptions with { MaxTokens = 2 }));
    }
}
