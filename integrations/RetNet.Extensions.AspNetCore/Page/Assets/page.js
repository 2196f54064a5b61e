// The page: a conversation that is sent whole with every request.

import { Answer } from "./answer.js";
import { hasKey, listModels, streamChat, useKey } from "./api.js";
import { exportJson, exportMarkdown } from "./export.js";
import { forget, keep, kept } from "./kept.js";
import { Meter } from "./meter.js";
import { short } from "./numbers.js";
import "./panel.js";
import { isRetNetModel, readSettings, restoreSettings, settingsValues, showModel, systemPrompt } from "./settings.js";
import "./theme.js";
import * as transcript from "./transcript.js";

const find = id => document.getElementById(id);
const composer = find("composer");
const message = find("message");
const meter = new Meter();

let models = [];
let entries = [];          // the messages of the conversation, each with what the page shows of it
let running = null;        // the AbortController of the answer that is coming
let unanswered = null;     // the element of a message that got no answer
let awaitsResults = false; // calls wait for what the user types

// Sending

async function sendMessage(text) {
  if (text.trim() === "" || running || awaitsResults) return;
  const settings = readSettings();
  if (settings === null) return;
  if (unanswered) {
    entries.at(-1).isUnanswered = true;
    unanswered.classList.add("unanswered");
    unanswered = null;
  }
  find("empty").hidden = true;
  message.value = "";
  keepDraft();
  add({ message: { role: "user", content: text } });
  await ask(settings, transcript.addUser(text));
}

/** Sends the conversation and shows the answer. @param question the element that stays unanswered if it fails */
async function ask(settings, question) {
  const answer = new Answer();
  const view = new transcript.AnswerView(find("model").value, answer);
  const controller = new AbortController();
  begin(controller);
  let failure = null;
  try {
    for await (const chunk of streamChat({ model: find("model").value, ...settings, messages: allMessages() }, controller.signal)) {
      answer.add(chunk);
      if (chunk.choices?.length > 0) meter.add(chunk.retnet ?? null);
      view.update();
    }
  } catch (error) {
    failure = error;
  }
  if (running !== controller) return; // a new conversation has begun
  running = null;
  end(answer, view, failure, question);
}

function begin(controller) {
  running = controller;
  meter.begin();
  show("Answering…");
}

function end(answer, view, failure, question) {
  const wasStopped = failure?.name === "AbortError";
  const rate = meter.end();
  if (answer.isEmpty && failure) {
    view.remove();
    unanswered = question;
  } else {
    view.end(rate, wasStopped);
    const isBroken = failure !== null && !wasStopped;
    add({ ...answer.toEntry(), name: find("model").value, rate, wasStopped, isBroken, asks: !failure && answer.calls.length > 0 });
  }
  if (failure && !wasStopped) {
    showError(failure, question);
    return;
  }
  show(wasStopped ? "Stopped" : "Answer complete");
  if (answer.state && !chosenInfo()) askAgain();
  if (!wasStopped && answer.calls.length > 0) askForResults(answer, view);
}

function askForResults(answer, view) {
  awaitsResults = true;
  show("The model waits for results");
  view.askForResults(results => {
    awaitsResults = false;
    add(...answer.calls.map((call, index) => ({ message: { role: "tool", tool_call_id: call.id, content: results[index] } })));
    message.focus();
    ask(readSettings() ?? {}, null);
  });
}

function allMessages() {
  const system = systemPrompt();
  const messages = entries.filter(entry => !entry.isUnanswered).map(entry => entry.message);
  return system ? [{ role: "system", content: system }, ...messages] : messages;
}

// What outlives a reload

function add(...more) {
  entries.push(...more);
  keep("conversation", entries);
}

// A text that is not sent yet.
function keepDraft() {
  keep("draft", message.value);
}

function keepSettings() {
  keep("settings", { ...settingsValues(), model: find("model").disabled ? kept("settings")?.model : find("model").value });
}

function restore() {
  message.value = kept("draft") ?? "";
  restoreSettings(kept("settings") ?? {});
  entries = kept("conversation") ?? [];
  if (entries.at(-1)?.isBroken) entries.pop(); // it is asked for again
  find("empty").hidden = entries.length > 0;
  try {
    transcript.restoring(() => entries.forEach(restoreEntry));
  } catch {
    startAnew(); // another version of the page has kept it
  }
}

function restoreEntry(entry, index) {
  const isLast = index === entries.length - 1;
  if (entry.message.role === "assistant") {
    const answer = Answer.of(entry);
    const view = new transcript.AnswerView(entry.name, answer);
    view.end(entry.rate, entry.wasStopped);
    if (entry.asks && isLast) askForResults(answer, view);
    else if (entry.asks) view.showResults(entries.slice(index + 1).map(result => result.message.content));
    return;
  }
  const question = entry.message.role === "user" ? transcript.addUser(entry.message.content) : null;
  if (entry.isUnanswered) question.classList.add("unanswered");
  if (!isLast) return;
  unanswered = question;
  transcript.addError("No answer", "It was not complete when the page was loaded again.", () => retry(question));
}

// What went wrong

function showError(error, question) {
  show("");
  if (error.status === 401) askForKey(() => retry(question));
  const titles = { 0: "No connection", 401: "An API key is needed", 404: "Not found", 429: "The server is busy" };
  const title = titles[error.status ?? -1] ?? (error.status >= 500 ? "The server failed" : "The request was refused");
  const wait = error.status === 429 && error.retryAfter ? ` It asks to wait ${error.retryAfter} s.` : "";
  transcript.addError(title, error.message + wait, () => retry(question));
}

function retry(question) {
  const settings = readSettings();
  if (running || settings === null) return;
  for (const error of document.querySelectorAll(".error")) error.remove();
  unanswered = null;
  if (entries.length === 0) loadModels();
  else ask(settings, question);
}

function askForKey(goOn) {
  const dialog = find("key-dialog");
  find("key-title").textContent = hasKey() ? "The server refused the API key" : "This server asks for an API key";
  find("key").value = "";
  find("key-form").onsubmit = event => {
    event.preventDefault();
    useKey(find("key").value);
    dialog.close();
    goOn();
  };
  dialog.showModal();
}

// Models

async function loadModels() {
  try {
    models = await listModels();
    find("model").replaceChildren(...models.map(model => new Option(model.id, model.id)));
    if (models.some(model => model.id === kept("settings")?.model)) find("model").value = kept("settings").model;
    find("model").disabled = false;
    showChosenModel();
  } catch (error) {
    find("model").replaceChildren(new Option("No model"));
    if (error.status === 401) askForKey(loadModels);
    else transcript.addError("The models could not be listed", error.message, loadModels);
  }
}

function chosenInfo() {
  return models.find(model => model.id === find("model").value)?.retnet ?? null;
}

// A model says nothing about itself before it is loaded.
async function askAgain() {
  models = await listModels().catch(() => models);
  showChosenModel();
}

function showChosenModel() {
  const name = find("model").value;
  const info = chosenInfo();
  showModel(info);
  find("empty-title").textContent = `Talk to ${name}`;
  find("empty-text").textContent = !info ? "Its answers come from this server."
    : `${short(info.parameters)} parameters on the ${info.device?.toUpperCase()}. ` + (isRetNetModel(info)
      ? "Its state keeps one size, however long you talk."
      : "Choose how much of its cache it keeps, and watch the memory.");
}

// The page

function show(status) {
  find("status").textContent = status;
  find("send").hidden = running !== null;
  find("stop").hidden = running === null;
  message.placeholder = awaitsResults ? "Type the results of the calls first" : "Write a message";
  document.body.classList.toggle("running", running !== null);
}

function startAnew() {
  running?.abort();
  running = null;
  entries = [];
  forget("conversation");
  unanswered = null;
  awaitsResults = false;
  transcript.clear();
  meter.clear();
  find("empty").hidden = false;
  show("");
  message.focus();
}

function stop() {
  running?.abort();
  message.focus();
}

composer.addEventListener("submit", event => {
  event.preventDefault();
  sendMessage(message.value);
});
message.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendMessage(message.value);
});
message.addEventListener("input", keepDraft);
// Where fields do not grow by themselves.
if (!CSS.supports("field-sizing", "content"))
  message.addEventListener("input", () => message.rows = Math.min(8, message.value.split("\n").length));
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && running && !document.querySelector("dialog[open], .panel.open")) stop();
});
for (const button of document.querySelectorAll(".suggestion"))
  button.addEventListener("click", () => sendMessage(button.textContent));
find("stop").addEventListener("click", stop);
find("new").addEventListener("click", startAnew);
find("model").addEventListener("change", showChosenModel);
addEventListener("pagehide", keepSettings);
find("key-cancel").addEventListener("click", () => find("key-dialog").close());
for (const [id, save] of [["export-json", exportJson], ["export-markdown", exportMarkdown]]) {
  find(id).addEventListener("click", () => {
    save({ model: find("model").value, ...readSettings(), messages: allMessages() });
    find("export-menu").hidePopover();
  });
}

// On a touch screen the focus would open the keyboard over the page.
if (matchMedia("(hover: hover)").matches) message.focus();
meter.clear();
restore();
loadModels();
