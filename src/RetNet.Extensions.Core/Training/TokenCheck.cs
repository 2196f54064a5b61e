namespace RetNet.Extensions.Core.Training;

/// <summary>Checks training data before anything is computed.</summary>
internal static class TokenCheck
{
    /// <exception cref="ArgumentException">A token is outside the vocabulary.</exception>
    public static void RequireVocabulary(ReadOnlySpan<int> tokens, int vocabularySize, string use)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)vocabularySize)
            {
                throw new ArgumentException($"The {use} data has token {token}, outside the model's vocabulary of {vocabularySize} "
                    + "tokens.");
            }
        }
    }
}
