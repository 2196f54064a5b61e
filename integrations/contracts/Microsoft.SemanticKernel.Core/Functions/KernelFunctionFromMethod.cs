using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace Microsoft.SemanticKernel;

internal sealed class KernelFunctionFromMethod : KernelFunction
{
    private readonly MethodInfo _method;
    private readonly object? _target;

    public KernelFunctionFromMethod(
        MethodInfo method,
        object? target,
        string? functionName,
        string? description,
        IReadOnlyList<KernelParameterMetadata>? parameters,
        KernelReturnParameterMetadata? returnParameter)
        : this(method, target, new KernelFunctionMetadata(functionName ?? DefaultName(method))
        {
            Description = description ?? method.GetCustomAttribute<DescriptionAttribute>(inherit: true)?.Description ?? string.Empty,
            Parameters = parameters ?? [.. method.GetParameters().Where(p => !IsProvidedByKernel(p.ParameterType)).Select(ToMetadata)],
            ReturnParameter = returnParameter ?? ReturnMetadata(method),
        })
    {
    }

    private KernelFunctionFromMethod(MethodInfo method, object? target, KernelFunctionMetadata metadata)
        : base(metadata, executionSettings: null)
    {
        _method = method;
        _target = target;
    }

    public override KernelFunction Clone(string? pluginName = null) => new KernelFunctionFromMethod(_method, _target, new KernelFunctionMetadata(Name)
    {
        PluginName = pluginName,
        Description = Description,
        Parameters = Metadata.Parameters,
        ReturnParameter = Metadata.ReturnParameter,
    });

    private protected override async ValueTask<FunctionResult> InvokeCoreAsync(
        Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
    {
        object?[] values = [.. _method.GetParameters().Select(parameter => Bind(parameter, kernel, arguments, cancellationToken))];
        object? value = await Unwrap(Call(values)).ConfigureAwait(false);
        return value as FunctionResult ?? new FunctionResult(this, value, kernel.Culture);
    }

    private protected override async IAsyncEnumerable<TResult> InvokeStreamingCoreAsync<TResult>(
        Kernel kernel, KernelArguments arguments, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var result = await InvokeCoreAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
        if (result.Value is TResult value)
        {
            yield return value;
        }
        else if (result.Value is IAsyncEnumerable<TResult> values)
        {
            await foreach (var item in values.WithCancellation(cancellationToken).ConfigureAwait(false))
                yield return item;
        }
        else if (typeof(TResult) == typeof(StreamingKernelContent) || typeof(TResult) == typeof(StreamingMethodContent))
        {
            if (result.Value is not null)
                yield return (TResult)(object)new StreamingMethodContent(result.Value, result.Metadata);
        }
        else
        {
            throw new NotSupportedException($"Streaming function {Name} does not support type {typeof(TResult)}");
        }
    }

    private object? Call(object?[] values)
    {
        try
        {
            return _method.Invoke(_target, values);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException);
            throw;
        }
    }

    private static async ValueTask<object?> Unwrap(object? value)
    {
        if (value is not null && value.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            value = type.GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(value, null);
        else if (value is ValueTask valueTask)
            value = valueTask.AsTask();

        if (value is not Task task)
            return value;

        await task.ConfigureAwait(false);
        object? result = task.GetType().GetProperty(nameof(Task<>.Result))?.GetValue(task);
        return result?.GetType().Name == "VoidTaskResult" ? null : result;
    }

    private object? Bind(ParameterInfo parameter, Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
    {
        var type = parameter.ParameterType;
        if (IsProvidedByKernel(type))
            return Provide(type, kernel, arguments, cancellationToken);
        if (arguments.TryGetValue(parameter.Name!, out object? value))
            return Convert(value, type, kernel.Culture, parameter.Name!);
        if (parameter.HasDefaultValue)
            return parameter.DefaultValue;
        throw new KernelException($"Missing argument for function parameter '{parameter.Name}'");
    }

    private object? Provide(Type type, Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
        => type == typeof(Kernel) ? kernel
            : type == typeof(KernelArguments) ? arguments
            : type == typeof(KernelFunction) ? this
            : type == typeof(CancellationToken) ? cancellationToken
            : type == typeof(ILoggerFactory) ? kernel.LoggerFactory
            : type == typeof(ILogger) ? kernel.LoggerFactory.CreateLogger(_method.DeclaringType!)
            : type == typeof(IAIServiceSelector) ? kernel.ServiceSelector
            : kernel.Culture;

    private static bool IsProvidedByKernel(Type type)
        => type == typeof(Kernel) || type == typeof(KernelArguments) || type == typeof(KernelFunction) || type == typeof(CancellationToken)
            || type == typeof(ILoggerFactory) || type == typeof(ILogger) || type == typeof(IAIServiceSelector)
            || type == typeof(CultureInfo) || type == typeof(IFormatProvider);

    private static object? Convert(object? value, Type type, CultureInfo culture, string name)
    {
        if (value is null || type.IsInstanceOfType(value))
            return value;

        try
        {
            var converter = TypeDescriptor.GetConverter(type);
            if (converter.CanConvertFrom(value.GetType()))
                return converter.ConvertFrom(null, culture, value);
            return type == typeof(string)
                ? FunctionResult.ConvertToString(value, culture)
                : System.Convert.ChangeType(value, Nullable.GetUnderlyingType(type) ?? type, culture);
        }
        catch (Exception exception) when (exception is FormatException or InvalidCastException or OverflowException or ArgumentException)
        {
            throw new ArgumentOutOfRangeException(name, value, exception.Message);
        }
    }

    private static KernelParameterMetadata ToMetadata(ParameterInfo parameter) => new(parameter.Name!)
    {
        Description = parameter.GetCustomAttribute<DescriptionAttribute>(inherit: true)?.Description ?? string.Empty,
        DefaultValue = parameter.HasDefaultValue ? parameter.DefaultValue : null,
        IsRequired = !parameter.IsOptional,
        ParameterType = parameter.ParameterType,
    };

    private static KernelReturnParameterMetadata ReturnMetadata(MethodInfo method)
    {
        var type = method.ReturnType;
        if (type == typeof(Task) || type == typeof(ValueTask))
            type = typeof(void);
        else if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)))
            type = type.GetGenericArguments()[0];
        return new KernelReturnParameterMetadata
        {
            Description = method.ReturnParameter.GetCustomAttribute<DescriptionAttribute>(inherit: true)?.Description ?? string.Empty,
            ParameterType = Nullable.GetUnderlyingType(type) ?? type,
        };
    }

    private static string DefaultName(MethodInfo method)
    {
        if (method.GetCustomAttribute<KernelFunctionAttribute>(inherit: true)?.Name?.Trim() is { Length: > 0 } name)
            return name;

        name = new string([.. method.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
        bool isAsync = typeof(Task).IsAssignableFrom(method.ReturnType) || method.ReturnType.Name.StartsWith("ValueTask", StringComparison.Ordinal);
        return isAsync && name.EndsWith("Async", StringComparison.Ordinal) && name.Length > "Async".Length ? name[..^"Async".Length] : name;
    }
}
