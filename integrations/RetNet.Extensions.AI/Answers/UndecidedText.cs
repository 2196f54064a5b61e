namespace RetNet.Extensions.AI.Answers;

/// <summary>The characters that a reader was given and has not decided on, each with its place in the whole text of the answer.</summary>
internal sealed class UndecidedText
{
    /// <summary>The place of a character that a reader wrote and the text does not have.</summary>
    public const int Nowhere = -1;

    private readonly List<(char Character, int Place)> _characters = [];

    /// <summary>The place of the first one; null if there is none.</summary>
    public int? First => _characters.FindIndex(character => character.Place != Nowhere) is >= 0 and var first
        ? _characters[first].Place
        : null;

    /// <summary>Takes what a reader was given and has passed on.</summary>
    /// <param name="given">What it was given.</param>
    /// <param name="passed">What it has passed on, the last of the text before what is held back.</param>
    /// <param name="held">How many of the last characters it holds back.</param>
    /// <returns>What it has passed on, with the places.</returns>
    public (char Character, int Place)[] Pass(IEnumerable<(char Character, int Place)> given, string passed, int held)
    {
        _characters.AddRange(given);
        int certain = Math.Max(_characters.Count - held, 0);
        (char Character, int Place)[] placed = [.. passed.Select(character => (character, Nowhere))];
        for (int i = certain - 1, next = placed.Length - 1; i >= 0 && next >= 0; i--)
        {
            if (_characters[i].Character == placed[next].Character)
                placed[next--] = _characters[i];
        }

        _characters.RemoveRange(0, certain);
        return placed;
    }
}
