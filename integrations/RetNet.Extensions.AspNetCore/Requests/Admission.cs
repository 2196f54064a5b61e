using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Admits the texts of a request together, or none of them.</summary>
internal static class Admission
{
    /// <summary>Takes the places of all texts where a RetNet model, which is loaded, writes several.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options of each text, which receive the places.</param>
    /// <param name="texts">The number of texts.</param>
    /// <returns>The places, to be disposed when the request has ended; null where none are needed.</returns>
    /// <exception cref="OpenAIException">They are more than the model ever takes.</exception>
    /// <exception cref="QueueFullException">They are more than it takes now.</exception>
    public static SchedulerPlaces? Admit(ServedModel model, ChatOptions options, int texts)
    {
        if (texts == 1 || model.Chat?.GetService<RetNetChatClient>()?.GetService<TextModel>() is not { GeneratesText: true } local)
            return null;
        try
        {
            if (!local.Scheduler.TryTakePlaces(texts, out SchedulerPlaces? places))
                throw new QueueFullException(model.Id, local.Scheduler.QueuedRequests);
            options.UsePlaces(places);
            return places;
        }
        catch (ArgumentException exception)
        {
            throw OpenAIException.Invalid(exception.Message, "n", "invalid_value", exception);
        }
    }
}
