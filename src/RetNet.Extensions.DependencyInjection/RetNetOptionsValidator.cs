using Microsoft.Extensions.Options;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>Checks options before a model is loaded; each message names the option, what was found and what was expected.</summary>
internal sealed class RetNetOptionsValidator : IValidateOptions<RetNetOptions>
{
    public ValidateOptionsResult Validate(string? name, RetNetOptions options)
    {
        string model = string.IsNullOrEmpty(name) ? "RetNet model" : $"RetNet model '{name}'";
        List<string> failures = [.. Failures(options).Select(failure => $"{model}: {failure}")];
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<string> Failures(RetNetOptions options)
    {
        if (ModelPathFailure(options.ModelPath) is { } path)
            yield return path;
        if (DeviceFailure(options) is { } device)
            yield return device;
        if (!Enum.IsDefined(options.WeightFormat))
            yield return $"{nameof(options.WeightFormat)} is {options.WeightFormat}; expected {string.Join(", ", Enum.GetNames<WeightFormat>())}.";
        if (options.Threads is < 0 or > 1024)
            yield return $"{nameof(options.Threads)} is {options.Threads}; expected 0 (one per processor) to 1024.";
        if (!Enum.IsDefined(options.StateFormat))
            yield return $"{nameof(options.StateFormat)} is {options.StateFormat}; expected {string.Join(", ", Enum.GetNames<StateFormat>())}.";
        if (options.PromptChunk is < 0)
            yield return $"{nameof(options.PromptChunk)} is {options.PromptChunk}; expected 0 (whole) or more.";
        if (options.MaxBatch is < 1 or > 4096)
            yield return $"{nameof(options.MaxBatch)} is {options.MaxBatch}; expected 1 to 4096.";
        if (options.MaxQueuedRequests < 1)
            yield return $"{nameof(options.MaxQueuedRequests)} is {options.MaxQueuedRequests}; expected 1 or more.";
        if (options.StateBudgetMegabytes is < 1)
            yield return $"{nameof(options.StateBudgetMegabytes)} is {options.StateBudgetMegabytes}; expected 1 or more.";
        if (options.PrefixCacheMegabytes < 0)
            yield return $"{nameof(options.PrefixCacheMegabytes)} is {options.PrefixCacheMegabytes}; expected 0 (none) or more.";
        if (FailureOf(() => options.ToGenerationOptions(new GenerationOptions()).Validate()) is { } generation)
            yield return generation;
        if (options.ChatTemplate is { } template && FailureOf(() => ChatTemplate.Parse(template, nameof(options.ChatTemplate))) is { } syntax)
            yield return syntax;
    }

    private static string? ModelPathFailure(string? path)
    {
        const string expected = "expected a Hugging Face folder (config.json, model.safetensors, tokenizer.json) or a .gguf file";
        if (string.IsNullOrWhiteSpace(path))
            return $"{nameof(RetNetOptions.ModelPath)} is missing; {expected}.";
        return Directory.Exists(path) || File.Exists(path)
            ? null
            : $"{nameof(RetNetOptions.ModelPath)} is '{path}', and {Path.GetFullPath(path)} does not exist; {expected}.";
    }

    private static string? DeviceFailure(RetNetOptions options)
    {
        if (!Devices.Names.Any(name => Devices.Is(options.Device, name)))
            return $"{nameof(options.Device)} is '{options.Device}'; expected {string.Join(", ", Devices.Names)}.";
        if (options.GpuDeviceId is < 0)
            return $"{nameof(options.GpuDeviceId)} is {options.GpuDeviceId}; expected 0 or more.";
        if (Devices.Is(options.Device, Devices.Cpu) && options.GpuDeviceId is not null)
            return $"{nameof(options.GpuDeviceId)} is {options.GpuDeviceId}, but {nameof(options.Device)} is cpu; expected one or the other.";
        if (!Devices.AsksForGpu(options) || options.FallbackToCpu)
            return null;
        return $"{nameof(options.Device)} is {Devices.Describe(options)}, but there is no GPU engine: models run on the CPU. Expected auto or cpu "
            + $"without {nameof(options.GpuDeviceId)}, or {nameof(options.FallbackToCpu)} = true.";
    }

    private static string? FailureOf(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
        catch (ChatTemplateException exception)
        {
            return exception.Message;
        }
    }
}
