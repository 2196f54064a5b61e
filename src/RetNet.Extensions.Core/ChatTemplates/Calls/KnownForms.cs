namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Forms of calls that are in use. They are read where a whole answer is in one of them, whatever the model's template writes;
/// and a template that describes the form but writes no calls is known by the form's marker.</summary>
internal static class KnownForms
{
    private const string ArgumentsKey = "\", \"arguments\": ";

    private static readonly ParameterForm XmlParameters = new("<parameter=", ">\n", "\n</parameter>\n");

    private static readonly CallForm Json = new("{\"name\": \"", "\", \"parameters\": ", "}") { Between = "; " };

    private static readonly CallForm Tagged =
        new("<tool_call>\n{\"name\": \"", ArgumentsKey, "}\n</tool_call>") { Between = "\n" };

    private static readonly CallForm TaggedXml =
        new("<tool_call>\n<function=", ">\n", "</function>\n</tool_call>") { Between = "\n", Parameters = XmlParameters };

    private static readonly CallForm BarTagged =
        new("<|tool_call|>{\"name\": \"", ArgumentsKey, "}<|/tool_call|>") { Between = "" };

    private static readonly CallForm BarList =
        new("{\"name\": \"", ArgumentsKey, "}") { Open = "<|tool_call|>[", Between = ", ", Close = "]" };

    private static readonly CallForm ClosedBarList = BarList with { Close = "]<|/tool_call|>" };

    private static readonly CallForm Named = new("<function=", ">", "</function>") { Between = "" };

    private static readonly CallForm MistralList =
        new("{\"name\": \"", ArgumentsKey, "}") { Open = "[TOOL_CALLS][", Between = ", ", Close = "]" };

    private static readonly CallForm Functools =
        new("{\"name\": \"", ArgumentsKey, "}") { Open = "functools[", Between = ", ", Close = "]" };

    private static readonly CallForm DeepSeek =
        new("<｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", "\n```<｜tool▁call▁end｜>")
        {
            Open = "<｜tool▁calls▁begin｜>",
            Between = "\n",
            Close = "<｜tool▁calls▁end｜>",
        };

    /// <summary>All forms, in the order in which they are tried.</summary>
    public static IReadOnlyList<CallShape> All { get; } = [.. ((CallForm[])
    [
        Tagged,
        TaggedXml,
        Json,
        Json with { Before = "<|python_tag|>" + Json.Before },
        Named,
        new CallForm("<function=", ">\n", "</function>") { Between = "\n", Parameters = XmlParameters },
        BarTagged,
        BarList,
        ClosedBarList,
        MistralList,
        new CallForm("[TOOL_CALLS]", "[ARGS]", "") { Between = "" },
        new CallForm("[TOOL_CALLS]", $"[CALL_ID]{CallForm.IdPlace}[ARGS]", "") { Between = "" },
        Functools,
        DeepSeek,
        DeepSeek with { Before = "<｜tool▁call▁begin｜>", Middle = "<｜tool▁sep｜>", After = "<｜tool▁call▁end｜>" },
    ]).Select(form => new CallShape(form))];

    /// <summary>The form whose description a template contains; null if there is none.</summary>
    /// <param name="template">The template's text.</param>
    public static CallForm? DescribedIn(string template)
    {
        return Has("<tool_call>") ? Has("<function=") ? TaggedXml : Tagged
            : Has("<|/tool_call|>") ? BarTagged
            : Has("<|/tool|>") ? ClosedBarList
            : Has("<|tool_call|>") ? BarList
            : Has("[TOOL_CALLS]") ? MistralList
            : Has("<function=") && !Has("<parameter=") ? Named
            : Has("functools[") ? Functools
            : Has("<｜tool▁calls▁begin｜>") ? DeepSeek
            : Has("{\"name\": function name, \"parameters\":") ? Json
            : null;

        bool Has(string marker) => template.Contains(marker, StringComparison.Ordinal);
    }
}
