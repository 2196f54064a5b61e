using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The rows of a data set that have a label.</summary>
/// <param name="Texts">Per row its text or pair of texts.</param>
/// <param name="Targets">The target of each row: a class from 0, 1 or 0, or a number.</param>
/// <param name="Weights">The weight of each row.</param>
/// <param name="WithoutLabel">The number of rows that were left out.</param>
internal sealed record LabelledTexts(
    IReadOnlyList<string[]> Texts, IReadOnlyList<float> Targets, IReadOnlyList<float> Weights, int WithoutLabel)
{
    /// <summary>Reads a data set, once.</summary>
    /// <param name="host">Cancels reading.</param>
    /// <param name="data">The data.</param>
    /// <param name="of">What the roles of its columns begin with, for messages; empty for the training data.</param>
    /// <param name="options">Name the columns.</param>
    /// <param name="labelReader">Creates a function that returns a row's target; NaN if the label is missing.</param>
    public static LabelledTexts Read(
        IHost host, IDataView data, string of, RetNetTrainerOptions options,
        Func<DataViewRow, DataViewSchema.Column, string, Func<float>> labelReader)
    {
        DataViewSchema.Column label = data.Schema.Find(of + "label", options.LabelColumnName);
        DataViewSchema.Column[] columns = [.. options.TextColumns.Select(name => data.Schema.FindText(of + "sentence", name))];
        DataViewSchema.Column[] weighted =
            options.ExampleWeightColumnName is { } name ? [data.Schema.Find(of + "weight", name)] : [];
        List<string[]> texts = [];
        List<float> targets = [], weights = [];
        int without = 0;
        using DataViewRowCursor cursor = data.GetRowCursor([label, .. columns, .. weighted]);
        Func<float> target = labelReader(cursor, label, of + "label");
        Func<float> weight = weighted is [DataViewSchema.Column column] ? LabelReaders.Weight(cursor, column, of + "weight") : () => 1;
        ValueGetter<ReadOnlyMemory<char>>[] getters = [.. columns.Select(cursor.GetGetter<ReadOnlyMemory<char>>)];
        while (cursor.MoveNext())
        {
            host.CheckAlive();
            float value = target();
            if (float.IsNaN(value))
            {
                without++;
                continue;
            }

            targets.Add(value);
            weights.Add(weight());
            texts.Add([.. getters.Select(Read)]);
        }

        return new LabelledTexts(texts, targets, weights, without);
    }

    /// <summary>The mean over the rows, each with its weight, of a function of the targets.</summary>
    public double Mean(Func<double, double> function) =>
        Targets.Zip(Weights, (target, weight) => weight * function(target)).Sum() / Weights.Sum(weight => (double)weight);

    private static string Read(ValueGetter<ReadOnlyMemory<char>> getter)
    {
        ReadOnlyMemory<char> text = default;
        getter(ref text);
        return text.ToString();
    }
}
