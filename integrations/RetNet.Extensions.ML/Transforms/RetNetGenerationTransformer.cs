using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>
/// Adds a text that the model writes when it is given the text of a column. The texts of all cursors are written together, a token of each
/// per step.
/// </summary>
/// <remarks>
/// A prompt without tokens is replaced by the token that begins a text, else by the one that ends a text. A model with neither writes
/// nothing.
/// </remarks>
public sealed class RetNetGenerationTransformer : RetNetTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetGeneration";

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly ArchiveFormat SavedAs = new("RETNGENR", LoaderName);

    private readonly RetNetGenerationEstimator.Options _options;
    private readonly GenerationOptions _generation;
    private readonly BatchScheduler _scheduler;

    internal RetNetGenerationTransformer(IHost host, HeldModel model, RetNetGenerationEstimator.Options options)
        : base(host, model, options.BatchSize)
    {
        _options = options;
        _generation = options.ToGenerationOptions(model.Text.DefaultOptions);

        // As many texts as are read ahead; their number, length and policy determine the memory of their states.
        _scheduler = new BatchScheduler(model.Text.Model, model.Text.Tokenizer, new BatchSchedulerOptions
        {
            MaxBatch = Math.Min(options.BatchSize, BatchSchedulerOptions.LargestBatch),
            StateBudgetBytes = long.MaxValue,
        });
    }

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override RowMapper CreateMapper(DataViewSchema input)
    {
        OutputColumn<string> text = new OutputColumn<string, ReadOnlyMemory<char>>(
            _options.OutputColumnName, TextDataViewType.Instance, (string result, ref ReadOnlyMemory<char> value) =>
                value = result.AsMemory());
        return RowMapper.OfTexts(Host, input, [_options.InputColumn], [text], Generate);
    }

    private protected override void Write(ArchiveWriter archive) => Model.Write(archive.AddSettings(_options));

    private protected override void Release()
    {
        _scheduler.Dispose();
        base.Release();
    }

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        TextTransformerLoader.Load<RetNetGenerationEstimator.Options>(
            host, archive, (model, options) => new RetNetGenerationTransformer(host, model, options));

    private string[] Generate(IReadOnlyList<string[]> rows)
    {
        string[] results = new string[rows.Count];
        Array.Fill(results, "");
        List<int> prompted = [];
        List<GenerationRequest> requests = [];
        for (int row = 0; row < rows.Count; row++)
        {
            int[] prompt = Prompt(rows[row][0]);
            if (prompt.Length == 0)
                continue;
            prompted.Add(row);
            requests.Add(new GenerationRequest(prompt, _generation));
        }

        IReadOnlyList<GenerationResult> generated = Generate(WithCommonPrefix(requests));
        for (int i = 0; i < generated.Count; i++)
            results[prompted[i]] = generated[i].Text;
        return results;
    }

    /// <summary>What the prompts of several rows have in common, usually the start of the template, is computed once.</summary>
    private static List<GenerationRequest> WithCommonPrefix(List<GenerationRequest> requests)
    {
        if (requests.Count < 2)
            return requests;
        int common = requests.Min(request => request.Prompt.Span.CommonPrefixLength(requests[0].Prompt.Span));
        return [.. requests.Select(request => request with { PrefixLength = common })];
    }

    private IReadOnlyList<GenerationResult> Generate(List<GenerationRequest> requests)
    {
        using CancellationTokenSource cancellation = new();
        using Task<IReadOnlyList<GenerationResult>> generated = _scheduler.GenerateAsync(requests, cancellation.Token);
        try
        {
            // ML.NET asks for values synchronously, and whether it was cancelled has to be looked up.
            while (!((IAsyncResult)generated).AsyncWaitHandle.WaitOne(LookInterval))
            {
                if (Host.IsCanceled())
                    cancellation.Cancel();
            }

#pragma warning disable RS0030 // The task is complete.
            return generated.GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
        catch (OperationCanceledException exception)
        {
            Host.CheckAlive();
            throw new ObjectDisposedException($"The {nameof(RetNetGenerationTransformer)} was disposed.", exception);
        }
    }

    private int[] Prompt(string text)
    {
        string prompt = _options.PromptTemplate.Replace(RetNetGenerationEstimator.Options.TextPlaceholder, Cut(text),
            StringComparison.Ordinal);
        return _options.UseChatTemplate
            ? Model.Text.Chat.Encode([new ChatTemplateMessage("user", prompt)])
            : Model.Text.EncodePrompt(prompt);
    }

    private string Cut(string text)
    {
        if (_options.ContextLength == 0)
            return text;
        int[] tokens = Model.Text.Tokenizer.Encode(text, addSpecialTokens: false);
        return tokens.Length <= _options.ContextLength
            ? text
            : Model.Text.Tokenizer.Decode(tokens.AsSpan(0, _options.ContextLength), skipSpecialTokens: false);
    }
}
