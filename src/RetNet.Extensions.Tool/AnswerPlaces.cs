using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool;

/// <summary>Where a tokenizer's chat template puts answers.</summary>
internal static class AnswerPlaces
{
    private static readonly ChatTemplateMessage[] Question = [new ChatTemplateMessage("user", "?")];

    /// <summary>An answer follows what the template adds to ask for it, and ends with the token that ends a text.</summary>
    public static AnswerTokens Find(Tokenizer tokenizer)
    {
        ChatEncoder chat = new(tokenizer);
        if (chat.Template is null)
            throw new CommandException("--answers-only: the tokenizer has no chat template.");
        int[] asked = chat.Encode(Question);
        int[] prompt = asked[asked.AsSpan().CommonPrefixLength(chat.Encode(Question, addGenerationPrompt: false))..];
        if (prompt.Length == 0)
            throw new CommandException("--answers-only: the tokenizer's chat template writes nothing before an answer.");
        return new AnswerTokens(prompt, tokenizer.EndOfSequenceId
            ?? throw new CommandException("--answers-only: the tokenizer has no eos_token, which ends an answer."));
    }
}
