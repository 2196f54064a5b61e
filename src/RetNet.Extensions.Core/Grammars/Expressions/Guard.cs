using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Turns what a hostile grammar would crash into a <see cref="GrammarException"/>.</summary>
internal static class Guard
{
    /// <exception cref="GrammarException">The stack is nearly used up.</exception>
    public static void Stack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new GrammarException("", "the grammar is nested too deeply");
    }
}
