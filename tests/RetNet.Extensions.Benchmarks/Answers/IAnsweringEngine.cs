using System.Text.Json;

namespace RetNet.Extensions.Benchmarks.Answers;

/// <summary>A program that writes free texts and answers by a schema, alone on the machine while it is measured.</summary>
internal interface IAnsweringEngine
{
    /// <summary>Its name in the tables.</summary>
    string Name { get; }

    /// <summary>Writes a text greedily, without an end.</summary>
    /// <param name="tokens">Its length.</param>
    Answer WriteFreely(int tokens);

    /// <summary>Answers greedily in JSON.</summary>
    /// <param name="schema">The schema that the answer satisfies; nothing is known of it from earlier answers.</param>
    /// <param name="mostTokens">Where an answer that does not end is cut off.</param>
    Answer AnswerBySchema(JsonElement schema, int mostTokens);
}

/// <summary>A text and what it took.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Steps">Forwards after the prompt.</param>
/// <param name="Seconds">From the first token, when the prompt has been read, to the last.</param>
/// <param name="IsWhole">Whether it was not cut off.</param>
internal sealed record Answer(string Text, int Tokens, int Steps, double Seconds, bool IsWhole);
