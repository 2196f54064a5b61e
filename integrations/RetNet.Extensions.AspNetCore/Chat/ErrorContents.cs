using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>What a client behind the host says where it has no answer.</summary>
internal static class ErrorContents
{
    /// <summary>Whether a model has refused to answer, which is no error; Microsoft.Extensions.AI.OpenAI tells it by this code.</summary>
    public static bool IsRefusal(ErrorContent content) =>
        string.Equals(content.ErrorCode, "refusal", StringComparison.OrdinalIgnoreCase);

    /// <summary>The error of a request whose answer is an error.</summary>
    public static OpenAIException Failure(ErrorContent error) => new(
        StatusCodes.Status500InternalServerError, error.Message, OpenAIErrors.Server, code: error.ErrorCode);
}
