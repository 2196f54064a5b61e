// Measures llama.cpp on the CPU for RetNet.Extensions.Benchmarks: requests and answers are JSON, one a line.
//   node bench.mjs MODEL.gguf THREADS
//   {"kind":"prefill","tokens":512}              -> {"seconds":2.1}     a prompt read by a fresh sequence
//   {"kind":"decode","context":512,"tokens":32}  -> {"seconds":1.0}     tokens generated greedily behind a context, which is read once and kept
import { createInterface } from "node:readline";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [, , modelPath, threads] = process.argv;
const firstToken = 300, tokenStep = 7919, tokenCount = 30000, decodeWarmUp = 4, spareTokens = 256;
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, progressLogs: false, maxThreads: 0 });
const model = await llama.loadModel({ modelPath });
const sequences = new Map();
const prompt = (count) => Array.from({ length: count }, (_, i) => firstToken + (i * tokenStep) % tokenCount);

// Cache type f16, llama.cpp's default. Its flash attention, also a default, reads prompts faster and halves the speed of
// generation behind 8,000 tokens on a CPU: each figure is taken with the setting that is better for it.
async function sequence(name, length, flashAttention) {
  if (!sequences.has(name)) {
    const context = await model.createContext({ contextSize: length + spareTokens, batchSize: 512, threads: Number(threads), flashAttention });
    sequences.set(name, context.getSequence());
  }
  return sequences.get(name);
}

async function prefill({ tokens }) {
  const reader = await sequence("prefill", tokens, true);
  await reader.clearHistory();
  const start = performance.now();
  await reader.evaluateWithoutGeneratingNewTokens(prompt(tokens));
  return performance.now() - start;
}

async function decode({ context, tokens }) {
  const name = `decode ${context}`, known = sequences.has(name), writer = await sequence(name, context, false);
  if (!known)
    await writer.evaluateWithoutGeneratingNewTokens(prompt(context));
  let generated = 0, start = 0, end = 0;
  for await (const _ of writer.evaluate([firstToken], { temperature: 0, yieldEogToken: true })) {
    if (++generated === decodeWarmUp)
      start = performance.now();
    if (generated === decodeWarmUp + tokens) {
      end = performance.now();
      break;
    }
  }
  await writer.eraseContextTokenRanges([{ start: context, end: writer.nextTokenIndex }]);
  return end - start;
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const milliseconds = request.kind === "prefill" ? await prefill(request) : await decode(request);
  console.log(JSON.stringify({ seconds: milliseconds / 1000 }));
}
process.exit(0);
