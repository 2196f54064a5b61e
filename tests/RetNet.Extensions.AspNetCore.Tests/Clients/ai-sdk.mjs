// Talks by the AI SDK with its provider for OpenAI, which names items of earlier responses instead of sending them, and prints as JSON what
// it sent and got. Arguments: the folder of the installed client, the address.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, baseURL] = process.argv.slice(2);
const require = createRequire(pathToFileURL(folder + '/'));
const { generateText, jsonSchema, stepCountIs, streamText, tool } = require('ai');
const { createOpenAI } = require('@ai-sdk/openai');
const openai = createOpenAI({ baseURL, apiKey: 'none' });
const options = { model: openai('llama-calls'), temperature: 0, maxOutputTokens: 80, maxRetries: 0 };
const user = (content) => ({ role: 'user', content });

// A second message, after an answer without and with a call.
const first = [user('Hello!')];
const answer = await generateText({ ...options, messages: first });
const second = [...first, ...answer.response.messages, user('Who are you?')];
const next = await generateText({ ...options, messages: second });

const tools = {
  get_price: tool({
    description: 'Tells what a thing costs.',
    inputSchema: jsonSchema({ type: 'object', properties: { item: { type: 'string' } }, required: ['item'] }),
    execute: async () => '42 euros',
  }),
};
const question = [user('What does a red lamp cost?')];
const called = streamText({ ...options, messages: question, tools, stopWhen: stepCountIs(3) });
const calledText = await called.text;
const after = await generateText({
  ...options,
  tools,
  messages: [...question, ...(await called.response).messages, user('Thank you!')],
});

console.log(
  JSON.stringify({
    sent: next.request.body.input,
    cachedTokens: next.usage.cachedInputTokens,
    next: next.text,
    toolAnswer: calledText,
    after: after.text,
  }),
);
