// discord.js on the double: log in, write under a nonce twice, thread, react, resume. What it saw is printed as JSON.
//
//     node talk.mjs TOKEN API CHANNEL      (with discord.js 14 where node finds it)

import { createRequire } from "node:module";
import { once } from "node:events";

const require = createRequire(process.cwd() + "/");
const { Client, Events, GatewayIntentBits, Routes } = require("discord.js");
const [token, api, channelId] = process.argv.slice(2);

const { Guilds, GuildMessages, GuildMessageReactions, MessageContent } = GatewayIntentBits;
const client = new Client({
  intents: [Guilds, GuildMessages, GuildMessageReactions, MessageContent],
  rest: { api, version: "10" },
});
const heard = [];
client.on(Events.MessageCreate, (message) => heard.push(message.content));
client.on(Events.MessageReactionAdd, (reaction) => heard.push(reaction.emoji.name));
const resumed = once(client, Events.ShardResume);

await client.login(token);
if (!client.isReady()) await once(client, Events.ClientReady);
const channel = await client.channels.fetch(channelId);
const body = { content: "Hello", nonce: "key", enforce_nonce: true };
const first = await client.rest.post(Routes.channelMessages(channelId), { body });
const again = await client.rest.post(Routes.channelMessages(channelId), { body });
const message = await channel.messages.fetch(first.id);
const thread = await message.startThread({ name: "A post" });
await thread.send("In the thread");
await message.react("✅");
process.stdout.write("resume me\n");
await resumed;
const late = once(client, Events.MessageCreate);
process.stdout.write("resumed\n");
await late;
process.stdout.write(JSON.stringify({ once: first.id === again.id, thread: thread.id === message.id, heard }) + "\n");
await client.destroy();
