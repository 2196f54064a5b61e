using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool.Work;

/// <summary>What is computed of each text. Many texts are computed together; the result of one does not depend on the others.</summary>
internal interface ITextTask : IDisposable
{
    /// <summary>What results depend on beside the model, its tokenizer and its states.</summary>
    IReadOnlyList<string> Settings { get; }

    /// <summary>Computes the result of a text.</summary>
    /// <returns>Writes the properties of the result.</returns>
    /// <exception cref="ArgumentException">Nothing can be computed of this text.</exception>
    /// <exception cref="StateBudgetException">This worker has too little memory for it.</exception>
    /// <exception cref="TokenizerException">The tokenizer cannot read this text.</exception>
    /// <exception cref="ChatTemplateException">The chat template rejects this text.</exception>
    Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation);

    /// <summary>The task of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="model">The model.</param>
    /// <param name="state">How a sequence remembers.</param>
    /// <param name="batch">The most texts that are computed together.</param>
    /// <exception cref="CommandException">The job has a task that this version does not know.</exception>
    static ITextTask Create(WorkJob job, TextModel model, StateOptions state, int batch) => job.Task switch
    {
        WorkJob.EmbedTask => new EmbeddingTask(model, state, batch),
        WorkJob.ScoreTask => new ScoringTask(model, state, batch),
        WorkJob.GenerateTask => new GenerationTask(model, state, job),
        _ => throw new CommandException($"The job's task is '{job.Task}'; expected embed, score or generate."),
    };
}
