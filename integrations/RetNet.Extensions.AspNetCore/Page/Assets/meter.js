// Tokens per second, and the bytes of the state beside those of a full cache, drawn as they grow.

import { draw } from "./chart.js";
import { bytes, count, measure } from "./numbers.js";

const find = id => document.getElementById(id);
const rateWindow = 500; // milliseconds over which a rate is taken
const shortest = 50;    // milliseconds that a rate needs
const burst = 250;      // milliseconds in which an answer comes as one piece

export class Meter {
  #sent = 0;      // when the request of this answer was sent
  #states = [];   // {tokens, state, full} of the conversation
  #arrivals = []; // {time, tokens} of this answer
  #rates = [];    // tokens per second, one for each arrival but the first ones
  #frame = 0;

  /** Forgets everything: a new conversation. */
  clear() {
    this.#states = [];
    this.begin();
    this.#draw();
    this.#describe();
  }

  /** Begins an answer. */
  begin() {
    this.#sent = performance.now();
    this.#arrivals = [];
    this.#rates = [];
  }

  /** A chunk arrived. @param state its retnet object; null where the server has none */
  add(state) {
    const time = performance.now();
    const tokens = state?.tokens ?? (this.#arrivals.at(-1)?.tokens ?? 0) + 1;
    this.#arrivals.push({ time, tokens });
    const from = this.#arrivals.find(arrival => time - arrival.time <= rateWindow);
    if (time - from.time >= shortest) this.#rates.push(1000 * (tokens - from.tokens) / (time - from.time));
    if (state) {
      // An answer that is given anew, or a shorter history, begins at an earlier token.
      while (this.#states.length > 0 && this.#states.at(-1).tokens >= tokens) this.#states.pop();
      this.#states.push({ tokens, state: state.state_bytes, full: state.full_cache_bytes });
    }
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** Ends an answer. @returns its tokens per second; null for fewer than two chunks */
  end() {
    cancelAnimationFrame(this.#frame);
    const rate = this.#rate();
    if (rate && this.#rates.length < 2) this.#rates = [rate, rate];
    this.#draw();
    this.#describe();
    return rate;
  }

  // From the first chunk to the last; of an answer that comes in one burst from its request on, for it was written before it came.
  #rate() {
    const first = this.#arrivals[0];
    const last = this.#arrivals.at(-1);
    if (!last || last.tokens === first.tokens) return null;
    const from = last.time - first.time < burst ? this.#sent : first.time;
    return 1000 * (last.tokens - first.tokens) / (last.time - from);
  }

  #draw() {
    this.#frame = 0;
    const last = this.#states.at(-1);
    const rate = this.#rate();
    find("state-bytes").textContent = last?.state != null ? bytes(last.state) : "–";
    find("full-bytes").textContent = last?.full != null ? bytes(last.full) : "–";
    find("tokens-now").textContent = last ? count(last.tokens) : "–";
    find("speed-now").textContent = rate ? measure(rate) : "–";
    find("glance").textContent = glance(last, rate);

    const full = this.#states.map(point => point.full ?? 0);
    const state = this.#states.map(point => point.state ?? 0);
    draw(find("memory-chart"), this.#states.map(point => point.tokens),
      [{ values: full, kind: "full" }, { values: state, kind: "state", fill: true }],
      { x: last ? `${count(last.tokens)} tokens` : "tokens", y: last ? bytes(Math.max(...full, ...state)) : "" });
    const rates = this.#rates;
    draw(find("speed-chart"), rates.map((_, index) => index), [{ values: rates, kind: "speed", fill: true }],
      { y: rates.length > 0 ? `${measure(Math.max(...rates))} at most` : "" });
  }

  // The alternative texts change once per answer, not with every token.
  #describe() {
    const last = this.#states.at(-1);
    find("memory-caption").textContent = last ? memoryText(last)
      : "The state after each token, beside a cache that keeps all of them.";
    const rate = this.#rate();
    find("speed-caption").textContent = rate ? `The last answer came at ${measure(rate)} tokens per second.`
      : "No answer has been measured yet.";
  }
}

// What small screens show of it while the panel is closed.
function glance(last, rate) {
  const parts = last ? [bytes(last.state)] : [];
  if (last?.full != null) parts[0] += `, full cache ${bytes(last.full)}`;
  if (rate) parts.push(`${measure(rate)} tokens/s`);
  return parts.join(" · ");
}

function memoryText({ tokens, state, full }) {
  const held = `After ${count(tokens)} tokens the state holds ${bytes(state)}`;
  if (full == null) return `${held}.`;
  const share = full / state;
  if (share > 1.05) return `${held}, ${measure(share)} times less than a full cache.`;
  return share < 0.95 ? `${held}; a full cache is still smaller.` : `${held}, as much as a full cache.`;
}
