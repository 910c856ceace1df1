// masto.js against a server: `node masto.mjs URL TOKEN PICTURE`; a browser client's requests, without a browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRestAPIClient, createStreamingAPIClient } from "masto";
import WebSocket from "ws";

const [url, accessToken, image] = process.argv.slice(2);
const api = createRestAPIClient({ url, accessToken });

async function until(look, what) {
  for (const end = Date.now() + 90_000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 300));
  }
  throw new Error(`never: ${what}`);
}

const me = await api.v1.accounts.verifyCredentials();
assert.equal(me.acct, "ann");
const instance = await api.v2.instance.fetch();
assert.ok(instance.configuration.statuses.maxCharacters > 0);
assert.ok(await api.v1.preferences.fetch());
const file = new Blob([await readFile(image)], { type: "image/png" });
const media = await api.v2.media.create({ file, description: "A meadow" });
assert.ok(media.url);
const status = await api.v1.statuses.create({
  status: "Hello from masto.js", visibility: "public", mediaIds: [media.id],
});
await until(async () => (await api.v1.statuses.$select(status.id).fetch()).fediverseAi?.state === "published"
  || JSON.stringify(await api.v1.statuses.$select(status.id).fetch()).includes('"published"'), "the gate's word");
const reply = await api.v1.statuses.create({ status: "An answer", inReplyToId: status.id });
assert.equal(reply.inReplyToId, status.id);
assert.ok((await api.v1.statuses.$select(status.id).favourite()).favourited);
assert.equal((await api.v1.statuses.$select(status.id).reblog()).reblog.id, status.id);
const once = { requestInit: { headers: { "Idempotency-Key": "masto-1" } } };
const more = await api.v1.statuses.create({ status: "One more" }, once);
assert.equal((await api.v1.statuses.create({ status: "One more" }, once)).id, more.id);

// Pages, as Link leads.
const seen = [];
for await (const page of api.v1.timelines.home.list({ limit: 2 })) {
  seen.push(...page.map((one) => one.id));
  if (seen.length >= 4) break;
}
assert.equal(new Set(seen).size, seen.length);
assert.ok(seen.length >= 4);
const found = await api.v2.search.list({ q: "ben", type: "accounts" });
assert.deepEqual(found.accounts.map((one) => one.acct), ["ben"]);
assert.ok(Array.isArray(await api.v1.notifications.list()));

// A stream: the token is the subprotocol, as browsers send it.
const streaming = createStreamingAPIClient({
  streamingApiUrl: instance.configuration.urls.streaming, accessToken, implementation: WebSocket,
});
const subscription = streaming.user.subscribe();
const heard = (async () => {
  for await (const event of subscription) {
    if (event.event === "update" && event.payload.content.includes("Heard on the stream")) return true;
  }
  return false;
})();
await new Promise((wake) => setTimeout(wake, 1500));
await api.v1.statuses.create({ status: "Heard on the stream", visibility: "public" });
const slow = new Promise((_, fail) => setTimeout(() => fail(new Error("nothing was heard")), 60_000));
assert.ok(await Promise.race([heard, slow]));
subscription.unsubscribe();
streaming.close();
console.log(JSON.stringify({ done: true }));
process.exit(0);
