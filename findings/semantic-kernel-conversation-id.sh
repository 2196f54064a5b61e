#!/usr/bin/env bash
# Microsoft.SemanticKernel.Core 1.82.0: a chat client that sets ConversationId never has its plugin called.
#
# Expected: ChatResponse.ConversationId says that the service keeps the history, so that a caller sends only what is new
#           (Microsoft.Extensions.AI's own FunctionInvokingChatClient does just that, and calls the function).
# Seen:     UseKernelFunctionInvocation keeps the call but not the messages before it. Building the invocation's context from an
#           empty list fails; the exception is swallowed, the model reads "Error: Function failed." as the function's result, and
#           the caller gets an answer without an error. The plugin was called 0 times.
# So a local client that resumes its state by an id works with Extensions.AI and agents, and silently not with a kernel.
set -euo pipefail
version=1.82.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.SemanticKernel.Core" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Call = Microsoft.Extensions.AI.FunctionCallContent;
using Result = Microsoft.Extensions.AI.FunctionResultContent;

Console.WriteLine($"kernel, no id: {await AskKernelAsync(null)}");
Console.WriteLine($"kernel, id: {await AskKernelAsync("c1")}");
Console.WriteLine($"extensions, id: {await AskExtensionsAsync("c1")}");

static async Task<string> AskKernelAsync(string id)
{
    int calls = 0;
    Model model = new(id);
    IKernelBuilder builder = Kernel.CreateBuilder();
    builder.Services.AddSingleton(provider =>
        model.AsBuilder().UseKernelFunctionInvocation().Build(provider).AsChatCompletionService(provider));
    KernelFunction now = KernelFunctionFactory.CreateFromMethod(() => { calls++; return "noon"; }, "Now");
    builder.Plugins.Add(KernelPluginFactory.CreateFromFunctions("Clock", [now]));
    PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
    await builder.Build().InvokePromptAsync("What time is it?", new KernelArguments(settings));
    return $"{calls} calls, the model reads '{model.Read}'";
}

static async Task<string> AskExtensionsAsync(string id)
{
    int calls = 0;
    Model model = new(id);
    AIFunction now = AIFunctionFactory.Create(() => { calls++; return "noon"; }, "Clock_Now");
    await model.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("What time is it?", new ChatOptions { Tools = [now] });
    return $"{calls} calls, the model reads '{model.Read}'";
}

sealed class Model(string id) : IChatClient
{
    public string Read { get; private set; } = "";

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default)
    {
        Result result = messages.SelectMany(message => message.Contents).OfType<Result>().LastOrDefault();
        Read = result?.Result?.ToString() ?? "";
        ChatMessage answer = result is null
            ? new ChatMessage(ChatRole.Assistant, [new Call("1", "Clock_Now")])
            : new ChatMessage(ChatRole.Assistant, "It is noon.");
        return Task.FromResult(new ChatResponse(answer) { ConversationId = id });
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object GetService(Type serviceType, object serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("finding") : null;

    public void Dispose()
    {
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.SemanticKernel.Core $version"
echo "$seen"
expected="kernel, no id: 1 calls, the model reads 'noon'
kernel, id: 0 calls, the model reads 'Error: Function failed.'
extensions, id: 1 calls, the model reads 'noon'"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: with a conversation id the kernel calls no function."
