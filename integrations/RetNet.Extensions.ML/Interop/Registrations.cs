using Microsoft.ML;
using RetNet.Extensions.ML.Forecasting;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

// ML.NET finds the loader of a saved transformer by the last argument. Every transformer has a line here.
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetEmbeddingTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetEmbeddingTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetGenerationTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetGenerationTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetPerplexityTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetPerplexityTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetBinaryTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetBinaryTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetMulticlassTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetMulticlassTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetRegressionTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetRegressionTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetForecastingTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetForecastingTransformer.LoaderName)]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(TransformerLoader<RetNetAnomalyTransformer>), null, typeof(SignatureLoadModel),
    "", RetNetAnomalyTransformer.LoaderName)]
