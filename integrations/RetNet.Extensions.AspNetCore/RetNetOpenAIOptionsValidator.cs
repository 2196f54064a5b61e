using Microsoft.Extensions.Options;

namespace RetNet.Extensions.AspNetCore;

/// <summary>Checks the options when the host starts.</summary>
internal sealed class RetNetOpenAIOptionsValidator : IValidateOptions<RetNetOpenAIOptions>
{
    public ValidateOptionsResult Validate(string? name, RetNetOpenAIOptions options)
    {
        ValidateOptionsResultBuilder failures = new();
        Require(nameof(options.MaxRequestBytes), options.MaxRequestBytes, 1, Array.MaxLength);
        Require(nameof(options.MaxPromptCharacters), options.MaxPromptCharacters ?? 1, 1, int.MaxValue);
        Require(nameof(options.MaxPromptTokens), options.MaxPromptTokens ?? 1, 1, int.MaxValue);
        Require(nameof(options.MaxOutputTokens), options.MaxOutputTokens ?? 1, 1, int.MaxValue);
        Require(nameof(options.MaxChoices), options.MaxChoices, 1, 1024);
        Require(nameof(options.MaxEmbeddingInputs), options.MaxEmbeddingInputs, 1, int.MaxValue);
        if (options.RequestTimeout is { } timeout && (timeout <= TimeSpan.Zero || timeout.TotalMilliseconds > int.MaxValue))
            failures.AddError($"{nameof(options.RequestTimeout)} is {timeout}; expected a positive time of at most 24 days, or null.");
        if (options.RetryAfter < TimeSpan.Zero)
            failures.AddError($"{nameof(options.RetryAfter)} is {options.RetryAfter}; expected 0 or more.");
        if (options.ApiKeyFile is { } file && !File.Exists(file))
            failures.AddError($"{nameof(options.ApiKeyFile)} is '{file}', which does not exist; expected a file with a key in each line.");
        return failures.Build();

        void Require(string option, long found, long least, long most)
        {
            if (found < least || found > most)
                failures.AddError($"{option} is {found}; expected {least} to {most}.");
        }
    }
}
