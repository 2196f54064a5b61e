// Asks for a chat, which takes longer than the server allows, and prints the status. Arguments: the folder of the installed client, the
// address.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, baseURL] = process.argv.slice(2);
const { OpenAI } = createRequire(pathToFileURL(folder + '/'))('openai');
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 2 });
try {
  await client.chat.completions.create({ model: 'slow', messages: [{ role: 'user', content: 'a' }] });
} catch (error) {
  console.log(error.status);
}
