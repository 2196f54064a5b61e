using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.DependencyInjection;
using RetNet.Extensions.Orleans.Bulk;

namespace Orleans.Hosting;

/// <summary>Lets silos work on many texts, which <see cref="IBulkTexts"/> sends them.</summary>
public static class RetNetTextWorkerSiloBuilderExtensions
{
    /// <summary>Registers a worker.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Its name.</param>
    /// <param name="create">Creates it, once.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetTextWorker(this ISiloBuilder silo, string name, Func<IServiceProvider, ITextWorker> create)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        silo.Services.AddRetNetWire();
        silo.Services.AddKeyedSingleton(name, (services, _) => create(services));
        return silo;
    }

    /// <summary>Registers a worker that scores texts: perplexity, the sum of −ln p in nats, and the number of tokens that it is the sum
    /// over.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Its name.</param>
    /// <param name="modelName">The name of the model that <c>AddRetNet</c> registered; null for the default model.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetPerplexityWorker(
        this ISiloBuilder silo, string name = "perplexity", string? modelName = null) =>
        silo.AddRetNetTextWorker(name, services => new PerplexityWorker(Likelihood(services, modelName)));

    /// <summary>Registers a worker that classifies texts without training: the probability of each label by what the model finds
    /// likely.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Its name.</param>
    /// <param name="labels">The labels, two or more.</param>
    /// <param name="sentence">With <c>{0}</c> for the text and, at the end, <c>{1}</c> for a label.</param>
    /// <param name="modelName">The name of the model that <c>AddRetNet</c> registered; null for the default model.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetLabelWorker(
        this ISiloBuilder silo, string name, IReadOnlyList<string> labels, string sentence, string? modelName = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        CompositeFormat format = CompositeFormat.Parse(sentence);
        if (labels.Count < 2 || format.MinimumArgumentCount != 2)
        {
            throw new ArgumentException(
                $"Found {labels.Count} labels and the sentence '{sentence}'; expected two labels or more, and {{0}} and {{1}} in the "
                    + "sentence.",
                nameof(sentence));
        }

        return silo.AddRetNetTextWorker(name, services => new LabelWorker(Likelihood(services, modelName), format, labels));
    }

    /// <summary>Registers a worker that embeds texts.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">Its name.</param>
    /// <param name="serviceId">The key of the embedding generator; null for the one without a key.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetEmbeddingWorker(
        this ISiloBuilder silo, string name = "embedding", string? serviceId = null) =>
        silo.AddRetNetTextWorker(name, services => new EmbeddingWorker(
            services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(serviceId)));

    private static TextLikelihood Likelihood(IServiceProvider services, string? modelName) => new(
        services.GetRequiredKeyedService<SharedModel>(modelName));
}
