// The server's OpenAI-compatible endpoints.

import { readEvents } from "./events.js";

const prefix = document.documentElement.dataset.api;
const keyName = "retnet.api-key";

// The status that an error has which comes in a stream, after the status of the answer.
const statusOf = { invalid_request_error: 400, rate_limit_error: 429 };

/** A request that failed: status (0 without an answer), the server's message, seconds to wait where the server said so. */
export class ApiError extends Error {
  constructor(status, message, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export function useKey(key) {
  sessionStorage.setItem(keyName, key);
}

export function hasKey() {
  return sessionStorage.getItem(keyName) !== null;
}

/** The models that are served, as GET /models lists them. */
export async function listModels() {
  const response = await send("/models", {});
  return (await response.json()).data;
}

/** The chunks of a streamed chat completion. One that breaks off is an error. */
export async function* streamChat(request, signal) {
  const response = await send("/chat/completions", {
    method: "POST",
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true, include_state: true } }),
    signal,
  });
  for await (const data of readEvents(response.body)) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data);
    if (chunk.error) throw new ApiError(statusOf[chunk.error.type] ?? 500, chunk.error.message);
    yield chunk;
  }
  throw new ApiError(0, "The connection ended before the answer did.");
}

async function send(path, options) {
  const headers = { "Content-Type": "application/json" };
  if (hasKey()) headers.Authorization = `Bearer ${sessionStorage.getItem(keyName)}`;
  let response;
  try {
    response = await fetch(prefix + path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server cannot be reached.");
  }
  if (response.ok) return response;
  const text = await response.text();
  let message;
  try {
    message = JSON.parse(text).error.message;
  } catch {
    message = `The server answered with status ${response.status}.`;
  }
  const wait = Number.parseInt(response.headers.get("Retry-After"), 10);
  throw new ApiError(response.status, message, Number.isNaN(wait) ? null : wait);
}
