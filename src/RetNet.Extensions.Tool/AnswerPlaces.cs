using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool;

/// <summary>Where a tokenizer's chat template puts answers.</summary>
internal static class AnswerPlaces
{
    private static readonly ChatTemplateMessage Question = new("user", "?");

    /// <summary>An answer follows what the template adds to ask for it, and ends with the first special token that it writes
    /// behind.</summary>
    public static AnswerTokens Find(Tokenizer tokenizer)
    {
        ChatEncoder chat = new(tokenizer);
        if (chat.Template is null)
            throw new CommandException("--answers-only: the tokenizer has no chat template.");
        int[] asked = chat.Encode([Question]);
        int[] prompt = asked[asked.AsSpan().CommonPrefixLength(chat.Encode([Question], addGenerationPrompt: false))..];
        if (prompt.Length == 0)
            throw new CommandException("--answers-only: the tokenizer's chat template writes nothing before an answer.");
        return new AnswerTokens(prompt, FindEnd(tokenizer, chat));
    }

    // What two answers have in common behind them. It is not always the token that ends a text: many templates end a turn with another one.
    private static int FindEnd(Tokenizer tokenizer, ChatEncoder chat)
    {
        int[] one = Answered("a"), other = Answered("b");
        int common = 0;
        while (common < Math.Min(one.Length, other.Length) && one[^(common + 1)] == other[^(common + 1)])
            common++;
        foreach (int token in one.AsSpan(one.Length - common))
        {
            if (tokenizer.IsSpecial(token))
                return token;
        }

        throw new CommandException("--answers-only: the tokenizer's chat template writes no special token behind an answer, to end it.");

        int[] Answered(string answer) =>
            chat.Encode([Question, new ChatTemplateMessage("assistant", answer), Question], addGenerationPrompt: false);
    }
}
