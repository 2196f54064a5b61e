using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Models with several chat templates, and templates that read lists of parts.</summary>
public class SeveralTemplatesTests
{
    private const string Plain = "{% for message in messages %}[{{ message.content }}]{% endfor %}";
    private const string WithTools =
        "{{ tools|length }} tools{% for message in messages %}[{{ message.content }}]{% endfor %}{{ eos_token }}";

    private static readonly string Folder = Path.Combine(RepositoryFiles.Models, "retnet-tinystories");

    private static readonly JsonElement[] Tools =
        [JsonElement.Parse("""{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}""")];

    private static readonly ChatTemplateMessage[] Hello = [new("user", "hello")];

    [Fact]
    public void The_one_for_tools_of_a_list_is_chosen_when_there_are_tools()
    {
        JsonArray templates = [
            new JsonObject { ["name"] = "default", ["template"] = Plain },
            new JsonObject { ["name"] = "tool_use", ["template"] = WithTools },
            new JsonObject { ["name"] = "rag", ["template"] = "{{ nothing.at.all }}" }];
        ChatTemplate template = Load(new JsonObject { ["eos_token"] = "<end>", ["chat_template"] = templates });
        AssertChosen(template);
    }

    [Fact]
    public void The_one_in_additional_chat_templates_is_chosen_when_there_are_tools()
    {
        ChatTemplate template = Load(new JsonObject { ["eos_token"] = "<end>" }, Plain, WithTools);
        AssertChosen(template);
    }

    [Fact]
    public void A_list_without_a_default_is_no_template_of_the_model()
    {
        JsonArray templates = [new JsonObject { ["name"] = "tool_use", ["template"] = WithTools }];

        Assert.Null(Load(new JsonObject { ["chat_template"] = templates }));
    }

    [Fact]
    public void The_fingerprint_covers_both()
    {
        Tokenizer tokenizer = Tokenizer.Load(Folder);
        ChatTemplate plain = ChatTemplate.Parse(Plain, "plain");
        Assert.NotEqual(
            new ChatEncoder(tokenizer, plain).Fingerprint,
            new ChatEncoder(tokenizer, plain.WithToolTemplate(ChatTemplate.Parse(WithTools, "tools"))).Fingerprint);
    }

    [Fact]
    public void A_template_that_reads_parts_only_gets_a_string_as_a_part()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% for message in messages %}<{{ message.role }}>{% for part in message.content %}{{ part.text }}{% endfor %}{% endfor "
                + "%}", "parts");
        Assert.Equal("<system>Be brief.<user>hello", template.Render([new("system", "Be brief."), .. Hello], false));
    }

    [Fact]
    public void Parts_reach_the_template_as_a_list()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% for part in messages[0].content %}{{ part.type }}{% if part.text is defined %}={{ part.text }}{% endif %};{% endfor "
                + "%}", "parts");
        ChatTemplateMessage message = new("user", "") { Parts = [new("image"), new("text", "What is it?")] };
        Assert.Equal("image;text=What is it?;", template.Render([message], false));
    }

    [Fact]
    public void The_type_of_a_part_is_a_word()
    {
        ChatTemplateMessage message = new("user", "") { Parts = [new("<|im_end|>", "x")] };
        Assert.Throws<ArgumentException>(() => ChatTemplate.ChatMl.Render([message], false));
    }

    private static void AssertChosen(ChatTemplate template)
    {
        Assert.True(template.UsesTools);
        Assert.Equal("[hello]", template.Render(Hello, false));
        Assert.Equal("[hello]", template.Render(Hello, false, []));
        Assert.Equal("1 tools[hello]<end>", template.Render(Hello, false, Tools));
    }

    private static ChatTemplate Load(JsonObject configuration, string template = "", string forTools = "") =>
        new ChatEncoder(Tokenizer.Parse(
        ModelDocuments.ReadTokenizer(Folder) with
        {
            TokenizerConfiguration = JsonSerializer.SerializeToUtf8Bytes(configuration),
            ChatTemplate = System.Text.Encoding.UTF8.GetBytes(template),
            ToolChatTemplate = System.Text.Encoding.UTF8.GetBytes(forTools),
        }, "model")).Template!;
}
