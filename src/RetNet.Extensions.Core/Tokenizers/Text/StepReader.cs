namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>The steps of a part of a tokenizer.json that is one step, or a Sequence of steps and further Sequences.</summary>
internal static class StepReader
{
    private const int MostSteps = 64;

    /// <param name="part">The part.</param>
    /// <param name="member">The member of a Sequence that holds its steps.</param>
    /// <exception cref="JsonPartException">There are more than 64 steps, ten times what a genuine file has.</exception>
    public static List<JsonPart> Steps(JsonPart part, string member)
    {
        List<JsonPart> steps = [];
        Add(part);
        return steps;

        void Add(JsonPart step)
        {
            if (step.Type() == "Sequence")
            {
                foreach (JsonPart inner in step.Required(member).Items())
                    Add(inner);
                return;
            }

            if (steps.Count == MostSteps)
                throw new JsonPartException(step.Place, $"one more step after {MostSteps}", "at most that many");
            steps.Add(step);
        }
    }
}
