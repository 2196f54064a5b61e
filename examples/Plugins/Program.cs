using System.Text.Json;
using Microsoft.SemanticKernel;
using RetNet.Extensions.SemanticKernel;

// A small model that reads which functions there are, calls them and answers with what they return. Its cache keeps 512 rows.
IKernelBuilder builder = Kernel.CreateBuilder();
builder.AddRetNetChatCompletion(model =>
{
    model.ModelPath = Path.Combine(AppContext.BaseDirectory, "models", "llama-calls");
    model.Policy = "tova";
    model.StateSize = "512";
});
builder.Plugins.AddFromType<MusicPlugin>("Music");
builder.Plugins.AddFromType<MathPlugin>("Math");
builder.Plugins.AddFromType<MoneyPlugin>("Money");
Kernel kernel = builder.Build();
kernel.FunctionInvocationFilters.Add(new ShownCalls());

// The model decides whether it calls functions.
string[] prompts = args.Length > 0 ? args : ["What does a red lamp cost? What is 12 plus 30?", "Thank you."];
foreach (string prompt in prompts)
    await AskAsync(prompt, FunctionChoiceBehavior.Auto());
if (args.Length > 0)
    return;

// It has to call one.
await AskAsync("Play Lima.", FunctionChoiceBehavior.Required());

// It writes facts of a text as JSON that the type can read.
const string text = "Write as JSON: Maria is 20 years old and lives in Lisbon.";
Console.WriteLine($"> {text}");
KernelArguments typed = new(new RetNetPromptExecutionSettings { ResponseFormat = typeof(Person) });
string json = (await kernel.InvokePromptAsync<string>(text, typed))!;
Person person = JsonSerializer.Deserialize<Person>(json, JsonSerializerOptions.Web)!;
Console.WriteLine($"{person.Name}, {person.Age}, of {person.City}");

async Task AskAsync(string prompt, FunctionChoiceBehavior behavior)
{
    Console.WriteLine($"> {prompt}");
    KernelArguments arguments = new(new PromptExecutionSettings { FunctionChoiceBehavior = behavior });
    await foreach (string piece in kernel.InvokePromptStreamingAsync<string>(prompt, arguments))
        Console.Write(piece);
    Console.WriteLine("\n");
}

internal sealed record Person(string Name, int Age, string City);
