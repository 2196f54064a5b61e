using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Schemas.Types;

namespace RetNet.Extensions.AI.Schemas;

/// <summary>The schemas of a function's parameters.</summary>
/// <param name="Shown">The schema that the function has, with references that lead to the places that they stand for: what the model
/// sees.</param>
/// <param name="Kept">What arguments are kept to: as narrow as the types of the function's method.</param>
internal sealed record FunctionSchemas(JsonElement Shown, JsonElement Kept)
{
    private static readonly ConditionalWeakTable<AIFunctionDeclaration, FunctionSchemas> Known = [];

    /// <summary>The schemas of a function.</summary>
    public static FunctionSchemas Of(AIFunctionDeclaration function) => function is AIFunction { UnderlyingMethod: { } method } callable
        ? Known.GetValue(function, _ => Of(callable, method))
        : new(function.JsonSchema, MarkedTypes.Narrow(function.JsonSchema));

    private static FunctionSchemas Of(AIFunction function, MethodInfo method)
    {
        JsonSerializerOptions options = function.JsonSerializerOptions ?? AIJsonUtilities.DefaultOptions;
        if (AnyJson.ToNode(function.JsonSchema) is not JsonObject schema)
            return new(function.JsonSchema, function.JsonSchema);
        List<(JsonObject Place, Type Type)> places = [];
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            List<(JsonObject Place, Type Type)> own =
                [.. TypedPlaces.Of(schema["properties"]?[parameter.Name!], parameter.ParameterType, options)];
            ParameterReferences.Lead(schema, parameter.Name!, own);
            places.AddRange(own);
        }

        JsonElement shown = AnyJson.ToElement(schema);
        AttributeKeywords.Correct(schema);
        TypeNarrowing.Narrow(places, options);
        return new(shown, AnyJson.ToElement(schema));
    }
}
