// megalodon against a server: `node megalodon.mjs URL TOKEN PICTURE`; it refuses software that it does not know.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import megalodon from "megalodon";

// A CommonJS module: what it exports is below `default` in one of two ways.
const { default: generator, detector } = megalodon;

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
assert.deepEqual((await api.search("ben", { type: "accounts" })).data.accounts.map((one) => one.acct), ["ben"]);
assert.ok(Array.isArray((await api.getPublicTimeline()).data));
console.log(JSON.stringify({ done: true }));
