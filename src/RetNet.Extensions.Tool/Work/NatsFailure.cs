using NATS.Client.Core;
using NATS.Client.JetStream;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Says what is wrong with a NATS server, without credentials.</summary>
internal static class NatsFailure
{
    public static string Describe(NatsException exception, NatsAddress address) => exception switch
    {
        NatsServerException { IsAuthError: true } or { InnerException: NatsServerException { IsAuthError: true } } =>
            $"The NATS server at {address} refuses these credentials.",
        NatsNoRespondersException or NatsJSApiNoResponseException or NatsJSPublishNoResponseException =>
            $"The NATS server at {address} does not answer as JetStream; expected one that was started with --jetstream.",
        _ => $"The NATS server at {address} cannot be used: {exception.GetBaseException().Message.TrimEnd('.')}.",
    };
}
