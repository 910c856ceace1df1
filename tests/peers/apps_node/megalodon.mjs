// megalodon against a server: `node megalodon.mjs URL TOKEN PICTURE`; it refuses software that it does not know.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import megalodon from "megalodon";

// A CommonJS module: what it exports is below `default` in one of two ways.
const { default: generator, detector } = megalodon;

async function until(look, what) {
  for (const end = Date.now() + 90_000; Date.now() < end; ) {
    if (await look()) return;
    await new Promise((wake) => setTimeout(wake, 300));
  }
  throw new Error(`never: ${what}`);
}

const [url, token, image] = process.argv.slice(2);
assert.equal(await detector(url), "mastodon");
const api = generator("mastodon", url, token);
assert.equal((await api.verifyAccountCredentials()).data.acct, "ann");
assert.ok((await api.getInstance()).data.version);
const media = (await api.uploadMedia(createReadStream(image), { description: "A meadow" })).data;
assert.ok(media.url);
const status = (await api.postStatus("Hello from megalodon", { visibility: "public", media_ids: [media.id] })).data;
assert.equal(status.media_attachments[0].id, media.id);
const home = (await api.getHomeTimeline({ limit: 5 })).data;
assert.equal(home[0].id, status.id);
assert.ok(Array.isArray((await api.getNotifications()).data));
await until(async () => !(await api.getStatus(status.id)).data.content.includes("Only you can see this"), "it is out");
const reply = (await api.postStatus("An answer", { in_reply_to_id: status.id })).data;
assert.equal(reply.in_reply_to_id, status.id);
assert.ok((await api.favouriteStatus(status.id)).data.favourited);
assert.equal((await api.reblogStatus(status.id)).data.reblog.id, status.id);
await until(async () => (await api.getStatusContext(status.id)).data.descendants.some((one) => one.id === reply.id),
  "the thread");
const older = (await api.getHomeTimeline({ limit: 2, max_id: reply.id })).data;
assert.ok(older.length > 0 && older.every((one) => BigInt(one.id) < BigInt(reply.id)));

const socket = await api.userStreaming();
const heard = new Promise((resolve, fail) => {
  socket.on("update", (one) => one.content.includes("Heard by megalodon") && resolve(true));
  socket.on("error", fail);
  setTimeout(() => fail(new Error("nothing was heard")), 60_000).unref();
});
await new Promise((resolve) => socket.on("connect", resolve));
await new Promise((wake) => setTimeout(wake, 1500));
await api.postStatus("Heard by megalodon", { visibility: "public" });
assert.ok(await heard);
socket.stop();
assert.deepEqual((await api.search("ben", { type: "accounts" })).data.accounts.map((one) => one.acct), ["ben"]);
assert.ok(Array.isArray((await api.getPublicTimeline()).data));
console.log(JSON.stringify({ done: true }));
process.exit(0);
