// Puts an answer together from the chunks of its stream.

export class Answer {
  text = "";
  reasoning = "";
  finish = null;
  usage = null;
  state = null;
  #calls = [];

  /** The calls, with their arguments as the text of JSON. */
  get calls() {
    return this.#calls.filter(call => call !== undefined);
  }

  get isEmpty() {
    return this.text === "" && this.calls.length === 0;
  }

  /** Takes a chunk; the number of tokens is counted by chunks where the server does not tell it. */
  add(chunk) {
    this.usage = chunk.usage ?? this.usage;
    this.state = chunk.retnet ?? this.state;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    this.finish = choice.finish_reason ?? this.finish;
    this.text += choice.delta?.content ?? "";
    this.reasoning += choice.delta?.reasoning_content ?? "";
    for (const part of choice.delta?.tool_calls ?? []) this.#addCall(part);
  }

  /** An answer that is complete, as toEntry gave it. */
  static of({ message, reasoning, finish, usage }) {
    const answer = Object.assign(new Answer(), { text: message.content, reasoning, finish, usage });
    answer.#calls = message.tool_calls ?? [];
    return answer;
  }

  /** What the conversation keeps of the answer. */
  toEntry() {
    return { message: this.toMessage(), reasoning: this.reasoning, finish: this.finish, usage: this.usage };
  }

  /** The message of the answer, as the next request carries it. */
  toMessage() {
    const message = { role: "assistant", content: this.text };
    if (this.calls.length > 0) message.tool_calls = this.calls;
    return message;
  }

  #addCall(part) {
    const call = (this.#calls[part.index ?? 0] ??= { id: "", type: "function", function: { name: "", arguments: "" } });
    call.id = part.id ?? call.id;
    call.function.name += part.function?.name ?? "";
    call.function.arguments += part.function?.arguments ?? "";
  }
}
