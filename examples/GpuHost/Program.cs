using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.DependencyInjection;

// appsettings.json says what runs where; the command line wins: --Model:Device=cuda:1 --Model:FallbackToCpu=false
// --Model:ModelPath=/path/to/my-model --Prompt="…". A relative path starts in the program's own folder.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory
});
builder.Services.AddRetNetChatClient(builder.Configuration.GetSection("Model"));
builder.Services.AddRetNet(model => model.ModelPath ??= Path.Combine(AppContext.BaseDirectory, "models", "retnet-tinystories"));
using IHost host = builder.Build();

// If the device is missing and the CPU may not replace it, the program ends here and says what is missing.
await host.StartAsync();
Console.WriteLine($"Devices: {string.Join("; ", ModelEngines.Devices.Select(info => $"{info.Device} ({info.Description})"))}");
TextModel model = (await host.Services.GetRequiredService<SharedModel>().GetAsync()).TextModel;
Console.WriteLine($"{model.Name} runs on {model.Model.Info.Device}.\n");
await foreach (ChatResponseUpdate update in host.Services.GetRequiredService<IChatClient>().GetStreamingResponseAsync(
    builder.Configuration["Prompt"]!))
{
    Console.Write(update.Text);
}

Console.WriteLine();
await host.StopAsync();
