namespace Microsoft.SemanticKernel;

public sealed class NoneFunctionChoiceBehavior : FunctionChoiceBehavior;
