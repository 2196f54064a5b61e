using Microsoft.Extensions.Options;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>Checks options before a model is loaded; each message names the option, what was found and what was expected.</summary>
internal sealed class RetNetOptionsValidator : IValidateOptions<RetNetOptions>
{
    public ValidateOptionsResult Validate(string? name, RetNetOptions options)
    {
        List<string> failures = [.. Failures(options).Select(failure => $"{Describe(name)}: {failure}")];
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    /// <summary>A model in messages.</summary>
    public static string Describe(string? name) => string.IsNullOrEmpty(name) ? "RetNet model" : $"RetNet model '{name}'";

    private static IEnumerable<string> Failures(RetNetOptions options)
    {
        if (ModelPathFailure(options) is { } path)
            yield return path;
        if (DeviceFailure(options) is { } device)
            yield return device;
        if (!Enum.IsDefined(options.WeightFormat))
        {
            yield return $"{nameof(options.WeightFormat)} is {options.WeightFormat}; expected "
                + $"{string.Join(", ", Enum.GetNames<WeightFormat>())}.";
        }

        if (options.Threads is < 0 or > 1024)
            yield return $"{nameof(options.Threads)} is {options.Threads}; expected 0 (one per processor) to 1024.";
        if (!Enum.IsDefined(options.StateFormat))
        {
            yield return $"{nameof(options.StateFormat)} is {options.StateFormat}; expected "
                + $"{string.Join(", ", Enum.GetNames<StateFormat>())}.";
        }

        foreach (RetNetAdapterOptions adapter in options.Adapters)
        {
            if (string.IsNullOrWhiteSpace(adapter.Path) || !Path.Exists(adapter.ToAdapter(options.ContentRoot ?? "").Path))
            {
                yield return $"{nameof(options.Adapters)} has the {nameof(adapter.Path)} '{adapter.Path}'; expected a folder with "
                    + "adapter_config.json and adapter_model.safetensors, or a .gguf file.";
            }
        }

        ModelAdapter[] held = [.. options.Adapters.Where(one => !one.Merge).Select(one => one.ToAdapter(options.ContentRoot ?? ""))];
        if (options.Adapter is { } name && !held.Any(adapter => adapter.Name == name))
        {
            yield return $"{nameof(options.Adapter)} is '{name}'; expected null or one of {nameof(options.Adapters)} that is not merged: "
                + $"{string.Join(", ", held.Select(adapter => adapter.Name))}.";
        }

        if (options.PromptChunk is < 0)
            yield return $"{nameof(options.PromptChunk)} is {options.PromptChunk}; expected 0 (whole) or more.";
        if (options.MaxBatch is < 1 or > 4096)
            yield return $"{nameof(options.MaxBatch)} is {options.MaxBatch}; expected 1 to 4096.";
        if (options.MaxQueuedRequests < 1)
            yield return $"{nameof(options.MaxQueuedRequests)} is {options.MaxQueuedRequests}; expected 1 or more.";
        if (options.StateBudgetMegabytes is < 1)
            yield return $"{nameof(options.StateBudgetMegabytes)} is {options.StateBudgetMegabytes}; expected 1 or more.";
        if (options.KeptStateMegabytes < 0)
            yield return $"{nameof(options.KeptStateMegabytes)} is {options.KeptStateMegabytes}; expected 0 (none) or more.";
        if (options.MaxConversations is < 0)
            yield return $"{nameof(options.MaxConversations)} is {options.MaxConversations}; expected 0 (nothing is kept) or more.";
        if (FailureOf(() => options.ToGenerationOptions(new GenerationOptions()).Validate()) is { } generation)
            yield return generation;
        if (options.ChatTemplate is { } template
            && FailureOf(() => ChatTemplate.Parse(template, nameof(options.ChatTemplate))) is { } syntax)
        {
            yield return syntax;
        }
    }

    private static string? ModelPathFailure(RetNetOptions options)
    {
        const string expected = "expected a Hugging Face folder (config.json, model.safetensors, tokenizer.json) or a .gguf file";
        if (options.FullModelPath is not { } path)
            return $"{nameof(options.ModelPath)} is missing; {expected}.";
        if (options.RegisteredModelPaths.Count > 1)
        {
            return $"{nameof(options.ModelPath)} was registered as '{string.Join("' and as '", options.RegisteredModelPaths)}'; "
                + "expected one model under a name or service id.";
        }

        return Path.Exists(path)
            ? null
            : $"{nameof(options.ModelPath)} is '{options.ModelPath}', and {path} does not exist; {expected}.";
    }

    private static string? DeviceFailure(RetNetOptions options)
    {
        ComputeDevice device;
        try
        {
            device = ModelEngines.Choose(options.Device, options.GpuDeviceId);
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }

        bool isCpu = device == ComputeDevice.Cpu;
        if (isCpu && options.WeightFormat == WeightFormat.Float16 && !options.MayReplaceGpu)
        {
            return $"{nameof(options.WeightFormat)} is Float16, but {nameof(options.Device)} {options.Device} is the CPU here; "
                + $"expected BFloat16 or another format, or {nameof(options.Device)} auto with {nameof(options.FallbackToCpu)} = true.";
        }

        if (ModelEngines.Missing(device) is { } missing)
        {
            return options.FallbackToCpu
                ? null
                : $"{missing} Expected another {nameof(options.Device)}, or {nameof(options.FallbackToCpu)} = true.";
        }

        return !isCpu && options.WeightFormat is WeightFormat.Int8 or WeightFormat.Int4
            ? $"{nameof(options.WeightFormat)} is {options.WeightFormat}, which is for the CPU, but {nameof(options.Device)} "
            + $"{options.Device} is {device} here; "
                + $"expected Auto, Float32, BFloat16 or Float16, or {nameof(options.Device)} cpu."
            : null;
    }

    private static string? FailureOf(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (Exception exception) when (exception is ArgumentException or ChatTemplateException)
        {
            return exception.Message;
        }
    }
}
