using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Failures keep their types and what they tell when they go to another process, or are copied within one.</summary>
public sealed class FailureTests
{
    private static readonly Exception[] Failures =
    [
        new ClusterFullException(3, 17),
        new ConversationStorageException("c", new IOException("The disk is full.")),
        new ConversationConflictException("c", 3, 4),
    ];

    [Fact]
    public async Task Failures_arrive_as_they_left()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting());
        Serializer serializer = silo.Services.GetRequiredService<Serializer>();
        DeepCopier copier = silo.Services.GetRequiredService<DeepCopier>();
        Assert.All(Failures, failure =>
        {
            Exception sent = serializer.Deserialize<Exception>(serializer.SerializeToArray(failure))!;
            Exception copied = copier.Copy(failure)!;

            Assert.Equal(Told(failure), Told(sent));
            Assert.Equal(Told(failure), Told(copied));
        });
    }

    private static (Type Type, string Message, long First, long Second) Told(Exception failure) => failure switch
    {
        ClusterFullException full => (typeof(ClusterFullException), full.Message, full.Silos, full.Capacity),
        ConversationConflictException conflict =>
            (typeof(ConversationConflictException), conflict.Message, conflict.Expected, conflict.Found),
        _ => (failure.GetType(), failure.Message, 0, 0),
    };
}
