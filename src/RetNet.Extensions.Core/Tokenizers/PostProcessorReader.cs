using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json: the ids that go before and after an encoded text.</summary>
internal static class PostProcessorReader
{
    private const string Supported = "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel";

    /// <summary>Adds the ids that the processor puts around a single text.</summary>
    public static void Read(JsonPart part, List<int> before, List<int> after, Vocabulary vocabulary)
    {
        switch (part.Type())
        {
            case "Sequence":
                foreach (JsonPart processor in part.Required("processors").Items())
                    Read(processor, before, after, vocabulary);
                break;
            case "TemplateProcessing":
                ReadTemplate(part, before, after, vocabulary);
                break;
            case "BertProcessing" or "RobertaProcessing":
                before.Insert(0, ReadId(part.Required("cls"), vocabulary));
                after.Add(ReadId(part.Required("sep"), vocabulary));
                break;
            case "ByteLevel":
                // It only moves the offsets of tokens, which are not kept here.
                break;
            default:
                throw part.Unsupported("post-processor", Supported);
        }
    }

    private static void ReadTemplate(JsonPart part, List<int> before, List<int> after, Vocabulary vocabulary)
    {
        List<int> newBefore = [], newAfter = [];
        bool seenText = false;
        foreach (JsonPart piece in part.Required("single").Items())
        {
            if (piece.Member("Sequence") is { } sequence)
            {
                if (seenText || sequence.Required("id").Text() != "A")
                    throw sequence.Unexpected("the sequence A once");
                seenText = true;
                continue;
            }

            string name = piece.Required("SpecialToken").Required("id").Text();
            JsonPart token = part.Required("special_tokens").Required(name);
            foreach (JsonPart id in token.Required("ids").Items())
                (seenText ? newAfter : newBefore).Add(RequireId(id, vocabulary));
        }

        if (!seenText)
            throw part.Unexpected("a template with the sequence A");
        before.InsertRange(0, newBefore);
        after.AddRange(newAfter);
    }

    /// <summary>The id of a token that is written as ["[CLS]", 101].</summary>
    private static int ReadId(JsonPart part, Vocabulary vocabulary) =>
        part.Items().ToArray() is [_, var id] ? RequireId(id, vocabulary) : throw part.Unexpected("a token and its id");

    private static int RequireId(JsonPart part, Vocabulary vocabulary) =>
        part.Count() < vocabulary.Tokens.Length && vocabulary.Tokens[part.Count()] is not null
            ? part.Count()
            : throw part.Unexpected("an id of the vocabulary");
}
