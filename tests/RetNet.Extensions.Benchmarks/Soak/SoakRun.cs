using System.Diagnostics;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary>Runs everything that a host does at once, and samples the resident memory.</summary>
internal sealed class SoakRun(SoakHost host, TimeSpan time, TextWriter output)
{
    private const double Allowance = 1.15;

    // The growth of the last half that counts as none.
    private const double Flat = 1.03;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<long> _resident = [];
    private readonly long[] _done = new long[4];

    /// <summary>Runs until the time is over.</summary>
    /// <returns>0 if the memory stayed within its limit and was flat over the last half.</returns>
    public async Task<int> RunAsync()
    {
        using HeldStates held = new();
        Task[] users =
        [
            Task.Run(() => ChatAsync(host.RetNetClient, 0)), Task.Run(() => ChatAsync(host.LlamaClient, 1)), Task.Run(EmbedAsync),
            Task.Run(Score),
        ];
        long limit = (long)((host.WeightBytes + host.Budget) * Allowance);
        long most = 0;
        int minute = 0;
        while (!users.Any(user => user.IsCompleted) && _watch.Elapsed < time)
        {
            await Task.Delay(Interval);
            _resident.Add(Environment.WorkingSet);
            most = Math.Max(most, held.Total);
            if (_watch.Elapsed.TotalMinutes < minute)
                continue;
            output.WriteLine($"{minute++} min: {Composition(held)}; answers {_done[0]:N0} + {_done[1]:N0}, embeddings {_done[2]:N0}, "
                + $"scores {_done[3]:N0}");
        }

        await Task.WhenAll(users);
        int half = _resident.Count / 2;
        long before = _resident[half..((half + _resident.Count) / 2)].Median();
        long after = _resident[((half + _resident.Count) / 2)..].Median();
        output.WriteLine($"resident memory: most {_resident.Max() / 1e6:N0} MB, limit {limit / 1e6:N0} MB (weights "
            + $"{host.WeightBytes / 1e6:N0} + budget {host.Budget / 1e6:N0}, + 15 %); {host.BytesBefore / 1e6:N0} MB before a model was "
            + $"loaded; held at most {most / 1e6:N0} MB; "
            + $"third quarter {before / 1e6:N0} MB, last {after / 1e6:N0} MB");
        return _resident.Max() <= limit && after <= before * Flat ? 0 : 1;
    }

    /// <summary>What the resident memory is now, by its kinds and holders.</summary>
    private string Composition(HeldStates held)
    {
        ResidentMemory resident = ResidentMemory.Read();
        long collected = GC.GetGCMemoryInfo().TotalCommittedBytes;
        long rest = resident.Rest - collected - held.Total - host.WeightBytes;
        return $"resident {resident.Total / 1e6:N0} MB: files {resident.Files / 1e6:N0}, compiled code {resident.Code / 1e6:N0}, "
            + $"garbage collector {collected / 1e6:N0}, weights {host.WeightBytes / 1e6:N0}, {held}, other {rest / 1e6:N0}";
    }

    private async Task ChatAsync(IChatClient client, int user)
    {
        SoakTexts texts = new(user);
        List<List<ChatMessage>> conversations = [];
        while (_watch.Elapsed < time)
        {
            // Some conversations go on, others begin; each ends after some turns.
            if (conversations.Count < 40 || texts.Next(4) == 0)
                conversations.Add([]);
            List<ChatMessage> conversation = conversations[texts.Next(conversations.Count)];
            conversation.Add(new ChatMessage(ChatRole.User, texts.Sentence()));
            ChatOptions options = new() { MaxOutputTokens = 1 + texts.Next(64), Temperature = 1, Seed = texts.Next(1000) };
            ChatResponse response = await client.GetResponseAsync(conversation, options);
            conversation.AddRange(response.Messages);
            if (conversation.Count > 12)
                conversations.Remove(conversation);
            if (conversations.Count > 100)
                conversations.RemoveAt(0);
            _done[user]++;
        }
    }

    private async Task EmbedAsync()
    {
        SoakTexts texts = new(2);
        while (_watch.Elapsed < time)
        {
            await host.Embeddings.GenerateAsync([.. Enumerable.Range(0, 1 + texts.Next(16)).Select(_ => texts.Sentence())]);
            _done[2]++;
        }
    }

    private void Score()
    {
        SoakTexts texts = new(3);
        while (_watch.Elapsed < time)
        {
            host.Score([.. Enumerable.Range(0, 1 + texts.Next(32)).Select(_ => texts.Sentence())]);
            _done[3]++;
        }
    }
}
