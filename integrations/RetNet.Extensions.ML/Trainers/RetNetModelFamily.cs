namespace RetNet.Extensions.ML.Trainers;

/// <summary>The architecture of a model that is trained from scratch.</summary>
public enum RetNetModelFamily
{
    /// <summary>A RetNet (arXiv 2307.08621): time and memory linear in the length of a text.</summary>
    RetNet,

    /// <summary>A Transformer of the Llama family.</summary>
    Llama,
}
