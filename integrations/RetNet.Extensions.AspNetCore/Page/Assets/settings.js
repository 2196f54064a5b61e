// What the panel says about a request, and what a model says about itself.

import { count, short } from "./numbers.js";

const find = id => document.getElementById(id);
const defaultRows = "128";
const fields = ["policy", "state-size", "temperature", "max-tokens", "system", "tools", "tool-choice"].map(find);

const example = [{
  type: "function",
  function: {
    name: "GetWeather",
    description: "Tells the weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
}];

/** Shows the facts of a model, and only the settings that it has. @param info its retnet object; null for other models */
export function showModel(info) {
  const isRetNet = isRetNetModel(info);
  find("policy-note").hidden = !isRetNet;
  find("policy-fields").hidden = isRetNet || !info;
  const facts = info
    ? [info.architecture, `${short(info.parameters)} parameters`, info.weight_format, info.device,
      info.context_length ? `context ${count(info.context_length)}` : null]
    : ["The server tells nothing about this model’s memory."];
  find("model-facts").textContent = facts.filter(fact => fact).join(" · ");
  find("policy").options[0].textContent = info?.policy && !isRetNet ? `As served (${info.policy})` : "As served";
}

export function isRetNetModel(info) {
  return /^retnet/i.test(info?.architecture ?? "");
}

/** The fields of a request that the panel sets; null where a value is wrong, which is then in focus. */
export function readSettings() {
  const form = find("options");
  const tools = readTools();
  if (tools === null) {
    find("tools").focus();
    return null;
  }
  if (!form.reportValidity()) return null;
  const request = {};
  const policy = find("policy");
  if (!find("policy-fields").hidden && policy.value) {
    request.policy = policy.value;
    if (!find("state-size").disabled) request.state_size = find("state-size").value || defaultRows;
  }
  if (find("temperature").value) request.temperature = find("temperature").valueAsNumber;
  if (find("max-tokens").value) request.max_tokens = find("max-tokens").valueAsNumber;
  if (tools.length > 0) {
    request.tools = tools;
    request.tool_choice = find("tool-choice").value;
  }
  return request;
}

/** What the fields hold, by their names. */
export function settingsValues() {
  return Object.fromEntries(fields.map(field => [field.id, field.value]));
}

/** Puts into the fields what they held. */
export function restoreSettings(values) {
  for (const field of fields) field.value = values[field.id] ?? field.value;
  enableRows();
  readTools();
}

export function systemPrompt() {
  return find("system").value.trim();
}

// [] for none; null with a message at the field for what is no list of functions.
function readTools() {
  const field = find("tools");
  let tools = [];
  let problem = "";
  try {
    const value = field.value.trim() === "" ? [] : JSON.parse(field.value);
    tools = Array.isArray(value) ? value.map(tool => tool?.function ? tool : { type: "function", function: tool }) : null;
    if (!tools?.every(tool => typeof tool.function?.name === "string"))
      problem = "Expected a list of functions, each with a name.";
  } catch (error) {
    problem = `This is no JSON: ${error.message}`;
  }
  find("tools-error").textContent = problem;
  field.setAttribute("aria-invalid", String(problem !== ""));
  return problem === "" ? tools : null;
}

find("tools").addEventListener("change", readTools);
find("tools-example").addEventListener("click", () => {
  find("tools").value = JSON.stringify(example, null, 2);
  readTools();
});
// Only a policy that drops rows has a number of them.
function enableRows() {
  const isBounded = !["", "full"].includes(find("policy").value);
  find("state-size").disabled = !isBounded;
  find("state-size").value = isBounded ? find("state-size").value || defaultRows : "";
}

find("policy").addEventListener("change", enableRows);
find("options").addEventListener("submit", event => event.preventDefault());
