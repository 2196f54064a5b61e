using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>The small models of this repository.</summary>
internal static class Models
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);

    public static TextModel Load(string name) => TextModel.Load(PathOf(name), new ModelLoadOptions { Threads = 1 });

    public static IChatClient Client(TextModel model) => new RetNetChatClient(model);
}
