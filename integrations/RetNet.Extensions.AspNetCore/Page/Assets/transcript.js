// The messages on the page. All text is set as text, never as HTML.

import { count, measure } from "./numbers.js";

const log = document.getElementById("log");
const scroller = document.getElementById("scroller");
const nearEnd = 80; // pixels

const clone = id => document.getElementById(id).content.firstElementChild.cloneNode(true);

// The reader who has scrolled up stays where they are.
function keepingEnd(change) {
  const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearEnd;
  change();
  if (isAtEnd) scroller.scrollTop = scroller.scrollHeight;
}

function append(node) {
  log.append(node);
  scroller.scrollTop = scroller.scrollHeight;
  return node;
}

export function clear() {
  log.replaceChildren();
}

/** Shows what was there before the page was loaded; screen readers do not read it out. */
export function restoring(show) {
  log.setAttribute("aria-live", "off");
  show();
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
}

export function addUser(text) {
  const node = clone("user-template");
  node.querySelector(".text").textContent = text;
  return append(node);
}

export function addError(title, text, retry) {
  const node = clone("error-template");
  node.querySelector(".error-title").textContent = title;
  node.querySelector(".error-text").textContent = text;
  node.querySelector(".retry").addEventListener("click", () => {
    node.remove();
    retry();
  });
  return append(node);
}

/** An answer that grows. Screen readers hear it once, when it is complete. */
export class AnswerView {
  #node = clone("answer-template");
  #answer;
  #frame = 0;

  constructor(name, answer) {
    this.#answer = answer;
    this.#node.querySelector(".who").textContent = name;
    this.#node.setAttribute("aria-live", "off");
    this.#node.setAttribute("aria-busy", "true");
    this.#node.classList.add("growing");
    append(this.#node);
  }

  remove() {
    cancelAnimationFrame(this.#frame);
    this.#node.remove();
  }

  /** Shows what has come; at most once in a frame. */
  update() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      keepingEnd(() => this.#show());
    });
  }

  /** The answer is complete. */
  end(rate, wasStopped) {
    cancelAnimationFrame(this.#frame);
    keepingEnd(() => {
      this.#show();
      this.#node.querySelector(".reasoning summary").textContent = "Reasoning";
      this.#node.classList.remove("growing");
      this.#node.removeAttribute("aria-busy");
      this.#node.removeAttribute("aria-live");
      // Put in again, the text is an addition, which is read out.
      const text = this.#node.querySelector(":scope > .text");
      text.replaceWith(text.cloneNode(true));
      this.#showFoot(rate, wasStopped);
    });
  }

  /** Shows the calls with a field for each result. @param goOn takes the results, in the order of the calls */
  askForResults(goOn) {
    const form = this.#showCalls();
    form.addEventListener("submit", event => {
      event.preventDefault();
      close(form);
      goOn([...form.querySelectorAll("input")].map(field => field.value));
    });
    form.querySelector("input").focus();
  }

  /** Shows the calls with their results. */
  showResults(results) {
    const form = this.#showCalls();
    form.querySelectorAll("input").forEach((field, index) => field.value = results[index]);
    close(form);
  }

  #showCalls() {
    const form = clone("calls-template");
    form.querySelector(".call-list").append(...this.#answer.calls.map(showCall));
    const place = this.#node.querySelector(".calls");
    keepingEnd(() => {
      place.append(form);
      place.hidden = false;
    });
    return form;
  }

  #show() {
    const { text, reasoning } = this.#answer;
    const details = this.#node.querySelector(".reasoning");
    details.hidden = reasoning === "";
    details.querySelector(".text").textContent = reasoning.trim();
    if (text === "" && reasoning !== "") details.querySelector("summary").textContent = "Reasoning…";
    this.#node.querySelector(":scope > .text").textContent = text;
  }

  #showFoot(rate, wasStopped) {
    const { text, usage, finish } = this.#answer;
    const measures = [];
    if (usage) measures.push(`${count(usage.completion_tokens)} tokens`);
    if (rate) measures.push(`${measure(rate)} tokens/s`);
    if (usage?.prompt_tokens_details?.cached_tokens > 0)
      measures.push(`${count(usage.prompt_tokens_details.cached_tokens)} of ${count(usage.prompt_tokens)} prompt tokens reused`);
    if (wasStopped) measures.push("stopped");
    else if (finish === "length") measures.push("cut off at the limit of tokens");
    this.#node.querySelector(".measures").textContent = measures.join(" · ");
    const copy = this.#node.querySelector(".copy");
    copy.hidden = text === "";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
      setTimeout(() => copy.textContent = "Copy", 1500);
    });
    this.#node.querySelector(".message-foot").hidden = false;
  }
}

// Results that were sent are not changed any more.
function close(form) {
  for (const field of form.querySelectorAll("input")) field.readOnly = true;
  form.querySelector(".row").remove();
}

function showCall(call) {
  const node = clone("call-template");
  node.querySelector(".call-name").textContent = call.function.name;
  node.querySelector(".call-arguments").textContent = readable(call.function.arguments);
  node.querySelector(".call-result span").textContent = `Result of ${call.function.name}`;
  return node;
}

function readable(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
