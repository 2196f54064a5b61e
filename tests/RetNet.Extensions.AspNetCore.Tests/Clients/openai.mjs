// Asks all endpoints by OpenAI's client and prints as JSON what came back. Arguments: the folder of the installed client, the address.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, baseURL] = process.argv.slice(2);
const require = createRequire(pathToFileURL(folder + '/'));
const { OpenAI } = require('openai');
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const stories = 'retnet-tinystories';
const calls = 'llama-calls';
const seen = { asked: [], errors: [] };

// Chat completions.
const messages = [{ role: 'user', content: 'Tell me a story about a dog.' }];
const chat = { model: stories, messages, temperature: 0, max_completion_tokens: 12 };
seen.chat = (await client.chat.completions.create(chat)).choices[0].message.content;
seen.streamedChat = '';
for await (const chunk of await client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } }))
  seen.streamedChat += chunk.choices[0]?.delta.content ?? '';

// Functions that the client calls itself.
const parameters = { type: 'object', properties: { item: { type: 'string' } }, required: ['item'] };
const price = { name: 'get_price', description: 'Tells what a thing costs.', parameters };
const runner = client.chat.completions.runTools({
  model: calls,
  messages: [{ role: 'user', content: 'What does a red lamp cost?' }],
  temperature: 0,
  max_completion_tokens: 80,
  stream: true,
  tools: [
    {
      type: 'function',
      function: {
        ...price,
        parse: JSON.parse,
        function: ({ item }) => {
          seen.asked.push(item);
          return '42 euros';
        },
      },
    },
  ],
});
seen.toolAnswer = await runner.finalContent();

// Responses: whole, as events, by the helper that collects them, and going on.
const ask = { model: stories, input: 'Tell me a story about a cat.', temperature: 0, max_output_tokens: 12 };
const response = await client.responses.create(ask);
seen.response = response.output_text;
seen.streamedResponse = '';
for await (const event of await client.responses.create({ ...ask, stream: true }))
  if (event.type === 'response.output_text.delta') seen.streamedResponse += event.delta;
seen.finalResponse = (await client.responses.stream(ask).finalResponse()).output_text;
const next = await client.responses.create({ ...ask, input: 'And then?', previous_response_id: response.id });
seen.cachedTokens = next.usage.input_tokens_details.cached_tokens;
seen.inputItems = (await client.responses.inputItems.list(next.id)).data;
await client.responses.delete(next.id);

// Responses with functions.
const tools = [{ type: 'function', strict: false, ...price }];
const question = { model: calls, input: 'What does a red lamp cost?', temperature: 0, max_output_tokens: 80, tools };
const called = await client.responses.stream(question).finalResponse();
const call = called.output.find((item) => item.type === 'function_call');
const answer = await client.responses.create({
  ...question,
  input: [{ type: 'function_call_output', call_id: call.call_id, output: '42 euros' }],
  previous_response_id: called.id,
});
seen.responseToolAnswer = answer.output_text;

// Embeddings, models, errors.
const embeddings = await client.embeddings.create({ model: stories, input: ['A dog ran.', 'A cat sat.'] });
seen.dimensions = embeddings.data[1].embedding.length;
seen.models = [];
for await (const model of client.models.list()) seen.models.push(model.id);
seen.models.sort();
for (const failing of [
  () => client.chat.completions.create({ ...chat, model: 'none' }),
  () => client.responses.create({ ...ask, background: true }),
  () => client.responses.retrieve(next.id),
]) {
  try {
    await failing();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    seen.errors.push(error.status);
  }
}

console.log(JSON.stringify(seen));
