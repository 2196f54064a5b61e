using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using TextClassification;

MLContext mlContext = new(seed: 1);
string data = Path.Combine(AppContext.BaseDirectory, "messages.tsv");
if (!File.Exists(data) || File.ReadLines(data).Skip(1).Select(line => line.Split('\t')[0]).Distinct().Count() < 2)
{
    Console.Error.WriteLine($"TextClassification: {data} is missing or has one class; expected lines of a label, a tab and a text.");
    return 1;
}

IDataView messages = mlContext.Data.LoadFromTextFile<Message>(data, hasHeader: true);
DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(messages, testFraction: 0.2);
string[] unseen =
[
    "The lamp you sent is lovely, but it took three weeks and two phone calls to get here.",
    "Since this morning I only see a white page when I try to log in.",
    "Why is there a second payment of 20 euros on my statement?",
    "I am moving abroad and no longer need the subscription, when does it end?",
    "You have the friendliest drivers in town, thank you!",
];

TrainAndTest("Features of the text and a linear model", mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.Transforms.Text.FeaturizeText("Features", "Text"))
    .AppendCacheCheckpoint(mlContext)
    .Append(mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy())
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")));

TrainAndTest("A RetNet", mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.MulticlassClassification.Trainers.RetNetTextClassification(new()
    {
        Sentence1ColumnName = "Text",
        MaxEpoch = 6,
        Progress = new EpochReport()
    }))
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")));

return 0;

void TrainAndTest(string title, IEstimator<ITransformer> pipeline, [CallerArgumentExpression(nameof(pipeline))] string code = "")
{
    Console.WriteLine($"# {title}\n\n{code}\n");
    long start = Stopwatch.GetTimestamp();
    ITransformer model = pipeline.Fit(split.TrainSet);
    Console.WriteLine($"Trained in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s.");

    MulticlassClassificationMetrics metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
    Console.WriteLine($"Accuracy {metrics.MicroAccuracy:F3}, macro F1 {MacroF1(metrics.ConfusionMatrix):F3}, log-loss "
        + $"{metrics.LogLoss:F3} on the rows held out.");
    Console.WriteLine(metrics.ConfusionMatrix.GetFormattedConfusionTable());

    // Another process could do the same: it needs only the file.
    string file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.zip");
    mlContext.Model.Save(model, messages.Schema, file);
    MLContext other = new();
    ITransformer loaded = other.Model.Load(file, out _);
    Console.WriteLine($"Saved and loaded: {new FileInfo(file).Length / 1024:N0} kB.");
    File.Delete(file);

    using PredictionEngine<Message, Prediction> engine = other.Model.CreatePredictionEngine<Message, Prediction>(loaded);
    foreach (string text in unseen)
    {
        Prediction prediction = engine.Predict(new Message { Text = text });
        Console.WriteLine($"{prediction.PredictedLabel,12} {prediction.Score.Max():P0}  {text}");
    }

    Console.WriteLine();
}

static double MacroF1(ConfusionMatrix matrix)
    => matrix.PerClassPrecision.Zip(
        matrix.PerClassRecall, (precision, recall) => precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0).Average();
