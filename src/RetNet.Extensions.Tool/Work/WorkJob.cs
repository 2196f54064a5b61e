using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.Tool.Work;

/// <summary>What is computed of which texts. The job's stream carries it as its description, so that it is there as soon as the stream
/// is.</summary>
/// <param name="Task">One of <see cref="EmbedTask"/>, <see cref="ScoreTask"/> and <see cref="GenerateTask"/>.</param>
/// <param name="Texts">The number of texts.</param>
/// <param name="Sha256">The hash of all texts with their ids.</param>
internal sealed record WorkJob(string Task, int Texts, string Sha256)
{
    public const string EmbedTask = "embed";
    public const string ScoreTask = "score";
    public const string GenerateTask = "generate";

    // What a stream of NATS has room for.
    private const int MaximumBytes = 4096;

    private static readonly WorkJobJson Json = new(
        new JsonSerializerOptions
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        });

    /// <summary><see cref="GenerateTask"/>: what differs from the defaults of the worker's model.</summary>
    public GenerationOverrides? Generation { get; init; }

    /// <summary><see cref="GenerateTask"/>: whether a text is a user's message, which is put into the model's chat template.</summary>
    public bool Chat { get; init; }

    /// <summary>The job as one line of JSON.</summary>
    /// <exception cref="CommandException">It is too long.</exception>
    public string ToJson()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, Json.WorkJob);
        return json.Length <= MaximumBytes
            ? Encoding.UTF8.GetString(json)
            : throw new CommandException(
                $"The options of the job have {json.Length} bytes; expected at most {MaximumBytes}. Shorten the texts of --stop.");
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The description of a stream; null if it has none.</param>
    /// <returns>The job; null if the stream is none of a job.</returns>
    public static WorkJob? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, Json.WorkJob);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How jobs are written as JSON.</summary>
[JsonSerializable(typeof(WorkJob))]
internal sealed partial class WorkJobJson : JsonSerializerContext;
