using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenAI;
using OpenAI.Chat;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>A host behind TLS, whose clients speak HTTP/2: many requests over one connection.</summary>
public sealed class HttpsTests
{
    private static readonly ChatCompletionOptions Options = new() { Temperature = 0, MaxOutputTokenCount = 40 };

    [Fact]
    public async Task Streams_share_a_connection_and_one_that_is_left_disturbs_no_other()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using TestHost host = await StartAsync(certificate);
        int connections = 0;
        using SocketsHttpHandler handler = new()
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == certificate.Thumbprint },
            ConnectCallback = async (context, cancellation) =>
            {
                Interlocked.Increment(ref connections);
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using HttpClient http = new(new Http2(handler));
        ChatClient client = new(Models.RetNet.Name, new ApiKeyCredential("none"), new OpenAIClientOptions
        {
            Endpoint = new Uri(host.Address, "/v1"),
            Transport = new HttpClientPipelineTransport(http),
        });
        ChatCompletion expected = await client.CompleteChatAsync([new UserChatMessage("Tell me a story.")], Options);

        string[] texts = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => StreamAsync(client, isLeft: i % 2 == 1)));

        Assert.All(texts.Where((_, i) => i % 2 == 0), text => Assert.Equal(expected.Content[0].Text, text));
        Assert.All(texts.Where((_, i) => i % 2 == 1), text => Assert.StartsWith(text, expected.Content[0].Text, StringComparison.Ordinal));
        Assert.Equal(1, connections);
    }

    private static async Task<string> StreamAsync(ChatClient client, bool isLeft)
    {
        string text = "";
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(
            [new UserChatMessage("Tell me a story.")], Options))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            if (isLeft && text.Length > 0)
                break;
        }

        return text;
    }

    private static Task<TestHost> StartAsync(X509Certificate2 certificate) => TestHost.StartAsync(Models.RetNet, configure: builder =>
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
    });

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Makes requests of HTTP/2: the client's own are of 1.1, whatever the default of its transport.</summary>
    private sealed class Http2(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
