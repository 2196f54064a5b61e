using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Transformer.Rotations;

/// <summary>Which of a model's rotary embeddings a layer has.</summary>
[Experimental("RETNET001")]
public enum LayerRotation
{
    /// <summary>The one with <see cref="TransformerConfiguration.RopeTheta"/> and the configuration's scaling.</summary>
    Global,

    /// <summary>The one with <see cref="TransformerConfiguration.LocalRopeTheta"/>, never scaled: Gemma 3's layers with a window.</summary>
    Local,

    /// <summary>None: every fourth layer of SmolLM 3 does not know positions.</summary>
    None,
}
