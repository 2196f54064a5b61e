using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>How the first tokens of an input were read, as far as that depends on the length of the whole input: inputs with the same first
/// tokens and equal parts lead to the same state.</summary>
/// <param name="Cuts">After how many tokens each a policy has cut them; 0 when it has not.</param>
/// <param name="Frequencies">The rotary frequencies, see <see cref="SequenceState.FrequenciesAt"/>.</param>
internal readonly record struct InputPart(int Cuts, long Frequencies)
{
    /// <summary>The first tokens of an input.</summary>
    /// <param name="state">A state that reads it from the sequence's beginning.</param>
    /// <param name="inputTokens">The tokens of the whole input.</param>
    /// <param name="seen">How many of them are meant.</param>
    public static InputPart Of(SequenceState state, int inputTokens, int seen)
    {
        int step = state.StepLength(inputTokens);
        return new InputPart(seen < step || seen <= state.UncutTokens ? 0 : step, state.FrequenciesAt(inputTokens));
    }
}
