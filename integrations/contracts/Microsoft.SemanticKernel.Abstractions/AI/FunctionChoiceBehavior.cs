using System.Text.Json.Serialization;

namespace Microsoft.SemanticKernel;

/// <summary>Only the choice to call no function is held here: the contract offers no functions to a model.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(NoneFunctionChoiceBehavior), typeDiscriminator: "none")]
public abstract class FunctionChoiceBehavior
{
    private protected FunctionChoiceBehavior()
    {
    }

    public static FunctionChoiceBehavior None() => new NoneFunctionChoiceBehavior();
}
