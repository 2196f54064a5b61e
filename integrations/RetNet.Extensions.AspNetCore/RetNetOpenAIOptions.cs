namespace RetNet.Extensions.AspNetCore;

/// <summary>Who may use the OpenAI-compatible host, and what a request may cost. Bound to the configuration section
/// <c>RetNet:OpenAI</c>.</summary>
public sealed class RetNetOpenAIOptions
{
    /// <summary>The configuration section of these options.</summary>
    public const string Section = "RetNet:OpenAI";

    /// <summary>The name of the environment variable, or other configuration value, that holds an API key, or several with commas
    /// between.</summary>
    public const string ApiKeyVariable = "RETNET_API_KEY";

    /// <summary>
    /// The keys that a request may carry as <c>Authorization: Bearer KEY</c>. With those of <see cref="ApiKeyFile"/> and
    /// <see cref="ApiKeyVariable"/> they are the keys of the server. Default: none. A server without keys answers requests from its own
    /// machine only, and does not start on another address; nor does one start with a key that has white space within.
    /// </summary>
    public IList<string> ApiKeys { get; init; } = [];

    /// <summary>A file with keys, one a line. A # at the start of a line or after white space begins a comment; empty lines are not
    /// read. Default null: none.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>The most bytes that the body of a request may have; a longer one is answered with 413. Default 4 MiB.</summary>
    public long MaxRequestBytes { get; set; } = 4L << 20;

    /// <summary>The most characters that the texts of a prompt may have together, with those of instructions, calls and tools; tokens count
    /// as their text. A longer one is answered with 400 and <c>context_length_exceeded</c>. Default null: what
    /// <see cref="MaxRequestBytes"/> and the model's context allow.</summary>
    public int? MaxPromptCharacters { get; set; }

    /// <summary>The most tokens that a prompt may have for a RetNet model; a longer one is answered with 400 and
    /// <c>context_length_exceeded</c>. Default null: any number, or the model's context where
    /// <see cref="AI.RetNetChatClientOptions.RefuseLongPrompts"/> says so.</summary>
    public int? MaxPromptTokens { get; set; }

    /// <summary>The most tokens that a request may ask for as an answer; one that asks for more is answered with 400, and one that says
    /// nothing gets no more from a RetNet model. Default 32,768; null for no limit.</summary>
    public int? MaxOutputTokens { get; set; } = 32_768;

    /// <summary>How long a request may take, with the time in the queue; then it is answered with 408, or its stream ends with an error.
    /// Default 10 minutes; null for no limit.</summary>
    public TimeSpan? RequestTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What a client is told to wait when the queue of the model is full (429), or the server stops or has no memory (503).
    /// Default 1 second.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The most answers that a request may ask for at once: <c>n</c>, for each of the prompts of <c>/completions</c>. Default
    /// 128.</summary>
    public int MaxChoices { get; set; } = 128;

    /// <summary>The most texts that a request may ask to embed. Default 2048.</summary>
    public int MaxEmbeddingInputs { get; set; } = 2048;
}
