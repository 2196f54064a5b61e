namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>What one rendering may cost. A template is code from a file, so its time and memory are bounded.</summary>
internal sealed class Budget
{
    private const long MostSteps = 2_000_000;
    private const long CharacterAllowance = 4_000_000;
    private const long CharactersPerInputCharacter = 64;

    private readonly long _mostCharacters;
    private long _steps;
    private long _characters;

    /// <param name="inputCharacters">The size of the messages, tools and variables.</param>
    public Budget(long inputCharacters) => _mostCharacters = CharacterAllowance + CharactersPerInputCharacter * inputCharacters;

    /// <summary>Counts one evaluation.</summary>
    public void Step()
    {
        if (++_steps > MostSteps)
            throw new TemplateFailure($"the template takes more than {MostSteps} steps");
    }

    /// <summary>Counts characters, or elements of a list, before they are made.</summary>
    public void Spend(long characters)
    {
        _characters += characters;
        if (_characters > _mostCharacters)
            throw new TemplateFailure($"the template writes more than {_mostCharacters} characters");
    }
}
