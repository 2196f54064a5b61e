using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The rows of a data set that have a label.</summary>
/// <param name="Texts">Per row its text or pair of texts.</param>
/// <param name="Targets">The target of each row: a class from 0, 1 or 0, or a number.</param>
/// <param name="WithoutLabel">The number of rows that were left out.</param>
internal sealed record LabelledTexts(IReadOnlyList<string[]> Texts, IReadOnlyList<float> Targets, int WithoutLabel)
{
    /// <summary>Reads a data set, once.</summary>
    /// <param name="host">Cancels reading.</param>
    /// <param name="data">The data.</param>
    /// <param name="textColumns">The names of the text columns.</param>
    /// <param name="labelColumn">The name of the label column.</param>
    /// <param name="labelReader">Creates a function that returns a row's target; NaN if the label is missing.</param>
    public static LabelledTexts Read(
        IHost host, IDataView data, IReadOnlyList<string> textColumns, string labelColumn,
        Func<DataViewRow, DataViewSchema.Column, Func<float>> labelReader)
    {
        DataViewSchema.Column label = data.Schema.Find("label", labelColumn);
        DataViewSchema.Column[] columns = [.. textColumns.Select(name => data.Schema.FindText("sentence", name))];
        List<string[]> texts = [];
        List<float> targets = [];
        int without = 0;
        using DataViewRowCursor cursor = data.GetRowCursor([label, .. columns]);
        Func<float> target = labelReader(cursor, label);
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
            texts.Add([.. getters.Select(Read)]);
        }

        return new LabelledTexts(texts, targets, without);
    }

    private static string Read(ValueGetter<ReadOnlyMemory<char>> getter)
    {
        ReadOnlyMemory<char> text = default;
        getter(ref text);
        return text.ToString();
    }
}
