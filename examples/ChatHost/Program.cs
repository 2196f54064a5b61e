// appsettings.json says which models there are and what requests may cost; the command line wins: --Urls=http://127.0.0.1:5080
// --Models:retnet:MaxTokens=400. Other addresses than this machine's need a key: RETNET_API_KEY=… dotnet run.
WebApplicationBuilder builder = WebApplication.CreateBuilder(
    new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

// A section below Models is a model; its name is the one that clients ask for.
foreach (IConfigurationSection model in builder.Configuration.GetSection("Models").GetChildren())
    builder.Services.AddRetNetChatClient(model, model.Key);
builder.Services.AddRetNetOpenAI();

WebApplication app = builder.Build();
app.MapRetNetOpenAI();
app.MapRetNetHealth();
app.MapRetNetChatPage();
app.Run();
