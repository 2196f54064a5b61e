// The conversation as a file.

/** As JSON: a request that goes on with the conversation. */
export function exportJson(request) {
  save(JSON.stringify(request, null, 2), "conversation.json", "application/json");
}

/** As Markdown. */
export function exportMarkdown({ model, messages }) {
  const parts = messages.map(message => {
    const calls = (message.tool_calls ?? []).map(call => `\`${call.function.name}(${call.function.arguments})\``);
    const title = { system: "System", user: "You", assistant: model, tool: "Result" }[message.role];
    return [`## ${title}`, message.content, ...calls].filter(part => part).join("\n\n");
  });
  save(`# Conversation with ${model}\n\n${parts.join("\n\n")}\n`, "conversation.md", "text/markdown");
}

function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
