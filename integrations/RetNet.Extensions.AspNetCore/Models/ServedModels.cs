using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Models;

/// <summary>The models of the host: every chat client and embedding generator that is registered, under its key, or without a key under the
/// name of its model. A keyed one is found by the name of its model too, and any by a name that differs in case only, if none has that
/// name. Clients have to be singletons.</summary>
/// <param name="provider">Creates them, when they are first asked for.</param>
/// <param name="services">The registrations.</param>
internal sealed class ServedModels(IServiceProvider provider, RegisteredServices services)
{
    private readonly Lazy<Models> _models = new(() => Create(provider, services));

    /// <summary>The models, each once.</summary>
    public IReadOnlyList<ServedModel> All => _models.Value.All;

    /// <summary>A model by its name.</summary>
    /// <exception cref="OpenAIException">There is none: 404.</exception>
    public ServedModel Find(string name) => _models.Value.Find(name) is { } model
        ? model
        : throw new OpenAIException(StatusCodes.Status404NotFound,
            $"The model '{Requests.JsonFields.Shortened(name)}' does not exist. GET models lists those that do.",
            OpenAIErrors.InvalidRequest, "model", "model_not_found");

    /// <summary>The model of a request; one that names none gets the only one that there is.</summary>
    /// <param name="name">The name in the request; null for none.</param>
    /// <param name="fits">Whether a model does what the request asks for.</param>
    /// <param name="what">What that is, in a sentence such as <c>answers no chats</c>.</param>
    /// <exception cref="OpenAIException">There is none: 404 or 400.</exception>
    public ServedModel Find(string? name, Func<ServedModel, bool> fits, string what)
    {
        if (name is not null)
        {
            ServedModel model = Find(name);
            return fits(model)
                ? model
                : throw new OpenAIException(StatusCodes.Status404NotFound, $"The model '{model.Id}' {what}.", OpenAIErrors.InvalidRequest,
                    "model", "model_not_supported");
        }

        return All.Where(fits).Take(2).ToArray() is [{ } only]
            ? only
            : throw OpenAIException.Invalid("'model' is missing; expected the name of a model.", "model");
    }

    private static Models Create(IServiceProvider provider, RegisteredServices services)
    {
        List<string> names = [];
        Dictionary<string, ServedModel> byName = new(StringComparer.Ordinal);
        List<(string Alias, string Name)> aliases = [];
        foreach (object? key in services.KeysOf(typeof(IChatClient)))
        {
            IChatClient client = provider.GetRequiredKeyedService<IChatClient>(key);
            string name = Name(key, client.GetService<ChatClientMetadata>()?.DefaultModelId);
            byName[name] = Model(name) with { Chat = client };
        }

        foreach (object? key in services.KeysOf(typeof(IEmbeddingGenerator<string, Embedding<float>>)))
        {
            IEmbeddingGenerator<string, Embedding<float>> generator =
                provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key);
            string name = Name(key, generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
            byName[name] = Model(name) with { Embeddings = generator };
        }

        ServedModel[] all = [.. names.Select(name => byName[name])];
        foreach ((string alias, string name) in aliases)
            byName.TryAdd(alias, byName[name]);
        Dictionary<string, ServedModel> byAnyCase = new(StringComparer.OrdinalIgnoreCase);
        foreach (string name in (IEnumerable<string>)[.. names, .. aliases.Select(entry => entry.Alias)])
            byAnyCase.TryAdd(name, byName[name]);
        return new Models(all, byName, byAnyCase);

        string Name(object? key, string? modelId)
        {
            string name = key?.ToString() ?? modelId ?? "default";
            if (modelId is not null)
                aliases.Add((modelId, name));
            return name;
        }

        ServedModel Model(string name)
        {
            if (byName.TryGetValue(name, out ServedModel? known))
                return known;
            names.Add(name);
            return new ServedModel(name);
        }
    }

    private sealed record Models(
        IReadOnlyList<ServedModel> All, Dictionary<string, ServedModel> ByName, Dictionary<string, ServedModel> ByAnyCase)
    {
        public ServedModel? Find(string name) => ByName.GetValueOrDefault(name) ?? ByAnyCase.GetValueOrDefault(name);
    }
}
