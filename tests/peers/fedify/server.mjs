// A Fedify server with one actor, over HTTPS on loopback, and a control API in plain HTTP for the test that drives it.
//
//   PEER_NAME, PEER_HOST (name.test), PEER_CERT, PEER_KEY: who it is; it prints {"port": …, "control": …} when it serves.
//   PEER_SIGNED_FETCH=1: its actor and notes are shown to signed requests only.
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { createFederation, generateCryptoKeyPair, MemoryKvStore, parseNodeInfo } from "@fedify/fedify";
import {
  Accept, Activity, Announce, Block, Create, Delete, Document, EmojiReact, Endpoints, Flag, Follow, Like, Mention, Move,
  Note, Person, PUBLIC_COLLECTION, QuoteAuthorization, QuoteRequest, Reject, Tombstone, Undo, Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const name = process.env.PEER_NAME ?? "fred";
const host = process.env.PEER_HOST ?? "fedify.test";
const signedFetch = process.env.PEER_SIGNED_FETCH === "1";

const received = []; // every activity that a listener saw, as its JSON-LD
const unverified = []; // every activity whose signature Fedify did not accept
const wire = []; // every request to this server: method, path, status
const followers = new Map(); // actor uri -> Recipient
const following = new Map(); // actor uri -> "pending" | "accepted" | "rejected"
const notes = new Map(); // id -> Note
const sent = new Map(); // activity uri -> Activity, for Undo
const stamps = new Map(); // id -> QuoteAuthorization
const profile = { name: "Fred of Fedify", aliases: [], successor: null };
let keyPairs;

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true,
});

function log(kind, value) {
  process.stdout.write(JSON.stringify({ kind, ...value }) + "\n");
}

const actorSetters = federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    return identifier === name ? await person(ctx, identifier) : null;
  })
  .setKeyPairsDispatcher(async (_ctx, identifier) => {
    if (identifier !== name) return [];
    keyPairs ??= [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
    return keyPairs;
  });
if (signedFetch) actorSetters.authorize(async (ctx) => (await ctx.getSignedKeyOwner()) != null);

async function person(ctx, identifier) {
    const keys = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: profile.name,
      aliases: profile.aliases,
      successor: profile.successor,
      summary: "<p>A real peer.</p>",
      url: new URL(`/@${identifier}`, ctx.url),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
}

federation.setObjectDispatcher(Note, "/notes/{id}", (_ctx, { id }) => notes.get(id) ?? null);
// A receiver of our Accept fetches the Follow in it, because it comes from another origin than the Accept.
for (const [path, kind] of [["follows", Follow], ["likes", Like], ["boosts", Announce], ["undos", Undo], ["deletes", Delete],
  ["requests", QuoteRequest]]) {
  federation.setObjectDispatcher(kind, `/${path}/{id}`, (_ctx, { id }) => sent.get(`${origin}/${path}/${id}`) ?? null);
}
federation.setObjectDispatcher(QuoteAuthorization, "/stamps/{id}", (_ctx, { id }) => stamps.get(id) ?? null);
federation.setOutboxDispatcher("/users/{identifier}/outbox", (_ctx, identifier) =>
  identifier === name ? { items: [...sent.values()].filter((one) => one instanceof Create) } : null);
federation.setFollowersDispatcher("/users/{identifier}/followers", (_ctx, identifier) =>
  identifier === name ? { items: [...followers.values()] } : null);
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-peer", version: "1.0.0" },
  protocols: ["activitypub"],
  usage: { users: { total: 1 }, localPosts: notes.size, localComments: 0 },
}));

async function note(activity) {
  const json = await activity.toJsonLd({ contextLoader: undefined });
  received.push(json);
  log("received", { type: json.type, id: json.id });
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: name }))
  .on(Follow, async (ctx, follow) => {
    await note(follow);
    const parsed = ctx.parseUri(follow.objectId);
    if (parsed?.type !== "actor" || parsed.identifier !== name) return;
    const follower = await follow.getActor(ctx);
    followers.set(follower.id.href, follower);
    await ctx.sendActivity({ identifier: name }, follower, new Accept({
      id: new URL(`/accepts/${randomUUID()}`, ctx.url),
      actor: ctx.getActorUri(name), to: follower.id, object: follow,
    }));
  })
  .on(Accept, async (ctx, accept) => {
    await note(accept);
    const follow = await accept.getObject(ctx);
    if (follow instanceof Follow && follow.actorId?.href === ctx.getActorUri(name).href &&
        accept.actorId?.href === follow.objectId?.href) following.set(accept.actorId.href, "accepted");
  })
  .on(Reject, async (_ctx, reject) => {
    await note(reject);
    following.set(reject.actorId.href, "rejected");
  })
  .on(Undo, async (ctx, undo) => {
    await note(undo);
    const object = await undo.getObject(ctx);
    if (object instanceof Follow) followers.delete(undo.actorId.href);
  })
  .on(QuoteRequest, async (ctx, request) => {
    await note(request);
    const quoter = await request.getActor(ctx);
    const id = randomUUID();
    stamps.set(id, new QuoteAuthorization({
      id: new URL(`/stamps/${id}`, origin), attribution: ctx.getActorUri(name),
      interactingObject: request.instrumentId, interactionTarget: request.objectId,
    }));
    await ctx.sendActivity({ identifier: name }, quoter, new Accept({
      id: new URL(`/accepts/${randomUUID()}`, origin), actor: ctx.getActorUri(name), to: quoter.id, object: request,
      result: new URL(`/stamps/${id}`, origin),
    }));
  })
  .on(Activity, async (_ctx, activity) => await note(activity))
  .onUnverifiedActivity((_ctx, activity, reason) => {
    unverified.push({ id: activity.id?.href, reason });
    log("unverified", { id: activity.id?.href, reason });
  })
  .onError((_ctx, error) => log("error", { message: String(error?.stack ?? error) }));

async function answer(handler, request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const headers = new Headers();
  for (let i = 0; i < request.rawHeaders.length; i += 2) headers.append(request.rawHeaders[i], request.rawHeaders[i + 1]);
  const scheme = request.socket.encrypted ? "https" : "http";
  const result = await handler(new Request(`${scheme}://${request.headers.host}${request.url}`, {
    method: request.method, headers, body: body.length ? body : undefined,
  }));
  wire.push({
    method: request.method, path: request.url, status: result.status, agent: request.headers["user-agent"] ?? null,
    signed: "signature" in request.headers, scheme: "signature-input" in request.headers ? "rfc9421" : "cavage",
    accept: request.headers.accept ?? null, body: body.length ? body.toString("utf8") : null,
  });
  response.writeHead(result.status, Object.fromEntries(result.headers));
  response.end(Buffer.from(await result.arrayBuffer()));
}

const server = createHttpsServer({
  cert: readFileSync(process.env.PEER_CERT), key: readFileSync(process.env.PEER_KEY),
}, (request, response) => {
  answer((one) => federation.fetch(one, {
    contextData: undefined,
    onNotFound: () => new Response("no such thing", { status: 404 }),
    onNotAcceptable: () => new Response("a page for people", { headers: { "Content-Type": "text/html" } }),
  }), request, response).catch((error) => {
    log("crash", { message: String(error?.stack ?? error) });
    response.writeHead(500).end();
  });
});

let origin;
const context = () => federation.createContext(new URL(origin), undefined);

async function find(ctx, uri) {
  const object = await ctx.lookupObject(uri);
  if (object == null) throw new Error(`cannot look up ${uri}`);
  return object;
}

async function send(ctx, recipients, activity) {
  sent.set(activity.id.href, activity);
  await ctx.sendActivity({ identifier: name }, recipients, activity);
  return { id: activity.id.href, activity: await activity.toJsonLd() };
}

const fresh = (kind) => new URL(`/${kind}/${randomUUID()}`, origin);

const commands = {
  async follow(ctx, { target }) {
    const object = await find(ctx, target);
    following.set(object.id.href, "pending");
    return await send(ctx, object, new Follow({
      id: fresh("follows"), actor: ctx.getActorUri(name), object: object.id, to: object.id,
    }));
  },
  async like(ctx, { target }) {
    const object = await find(ctx, target);
    return await send(ctx, await object.getAttribution(ctx), new Like({
      id: fresh("likes"), actor: ctx.getActorUri(name), object: object.id, to: object.attributionId,
    }));
  },
  async boost(ctx, { target }) {
    const object = await find(ctx, target);
    return await send(ctx, await object.getAttribution(ctx), new Announce({
      id: fresh("boosts"), actor: ctx.getActorUri(name), object: object.id, to: PUBLIC_COLLECTION,
      ccs: [object.attributionId, ctx.getFollowersUri(name)], published: Temporal.Now.instant(),
    }));
  },
  async undo(ctx, { id, target }) {
    const activity = sent.get(id);
    const recipient = await find(ctx, target);
    if (activity instanceof Follow) following.delete(activity.objectId.href);
    return await send(ctx, recipient, new Undo({
      id: fresh("undos"), actor: ctx.getActorUri(name), object: activity, to: recipient.id,
    }));
  },
  async reply(ctx, { target, text }) {
    const object = await find(ctx, target);
    const author = await object.getAttribution(ctx);
    const handle = `@${author.preferredUsername}@${author.id.host}`;
    return await publish(ctx, [author], {
      content: `<p><a href="${author.id.href}" class="u-url mention">${handle}</a> ${text}</p>`,
      replyTarget: object.id, to: PUBLIC_COLLECTION, ccs: [author.id, ctx.getFollowersUri(name)],
      tags: [new Mention({ href: author.id, name: handle })],
    });
  },
  async post(ctx, { text, picture, alt, alts }) {
    const said = alts ?? (picture ? [alt] : []);
    return await publish(ctx, [...followers.values()], {
      content: `<p>${text}</p>`, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(name),
      attachments: said.map((words) =>
        new Document({ mediaType: "image/png", url: new URL(picture), name: words, width: 8, height: 8 })),
    });
  },
  async edit(ctx, { target, text }) {
    const id = new URL(target).pathname.split("/").pop();
    const changed = notes.get(id).clone({ content: `<p>${text}</p>`, updated: Temporal.Now.instant() });
    notes.set(id, changed);
    return await send(ctx, [...followers.values()], new Update({
      id: fresh("updates"), actor: ctx.getActorUri(name), object: changed, tos: [...changed.toIds], ccs: [...changed.ccIds],
    }));
  },
  async emoji(ctx, { target, emoji }) {
    const object = await find(ctx, target);
    return await send(ctx, await object.getAttribution(ctx), new EmojiReact({
      id: fresh("likes"), actor: ctx.getActorUri(name), object: object.id, to: object.attributionId, content: emoji,
    }));
  },
  // A quote with consent (FEP-044f): the post is made, and its author is asked for a stamp.
  async quote(ctx, { target, text }) {
    const object = await find(ctx, target);
    const author = await object.getAttribution(ctx);
    const made = await publish(ctx, [], {
      content: `<p>${text}</p>`, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(name), quote: object.id,
    });
    const quoting = notes.get(new URL(made.note).pathname.split("/").pop());
    return { ...await send(ctx, author, new QuoteRequest({
      id: fresh("requests"), actor: ctx.getActorUri(name), object: object.id, instrument: quoting, to: author.id,
    })), note: made.note };
  },
  async flag(ctx, { targets, text, to }) {
    return await send(ctx, await find(ctx, to), new Flag({
      id: fresh("flags"), actor: ctx.getActorUri(name), objects: targets.map((one) => new URL(one)), content: text,
    }));
  },
  async block(ctx, { target }) {
    const object = await find(ctx, target);
    return await send(ctx, object, new Block({
      id: fresh("blocks"), actor: ctx.getActorUri(name), object: object.id, to: object.id,
    }));
  },
  async profile(ctx, { display, aliases, successor }) {
    profile.name = display ?? profile.name;
    profile.aliases = (aliases ?? []).map((one) => new URL(one));
    profile.successor = successor ? new URL(successor) : null;
    const changed = await person(ctx, name);
    return await send(ctx, [...followers.values()], new Update({
      id: fresh("updates"), actor: ctx.getActorUri(name), object: changed, to: PUBLIC_COLLECTION,
    }));
  },
  async move(ctx, { target }) {
    return await send(ctx, [...followers.values()], new Move({
      id: fresh("moves"), actor: ctx.getActorUri(name), object: ctx.getActorUri(name), target: new URL(target),
      to: ctx.getFollowersUri(name),
    }));
  },
  async remove(ctx, { target }) {
    notes.delete(new URL(target).pathname.split("/").pop());
    return await send(ctx, [...followers.values()], new Delete({
      id: fresh("deletes"), actor: ctx.getActorUri(name), to: PUBLIC_COLLECTION,
      object: new Tombstone({ id: new URL(target) }),
    }));
  },
  async lookup(ctx, { target }) {
    const object = await find(ctx, target);
    const result = { type: object.constructor.name, id: object.id?.href, json: await object.toJsonLd({ format: "compact" }) };
    if (object instanceof Note) {
      result.content = object.content?.toString();
      result.author = object.attributionId?.href;
      result.attachments = [];
      for await (const one of object.getAttachments(ctx)) {
        result.attachments.push({
          type: one.constructor.name, name: one.name?.toString(), mediaType: one.mediaType, url: one.url?.href?.toString(),
          width: one.width, height: one.height,
        });
      }
      result.tags = [];
      for await (const one of object.getTags(ctx)) result.tags.push({ type: one.constructor.name, name: one.name?.toString() });
    }
    return result;
  },
  async traverse(ctx, { target }) {
    const collection = await find(ctx, target);
    const items = [];
    for await (const item of ctx.traverseCollection(collection)) items.push({ type: item.constructor.name, id: item.id?.href });
    return { type: collection.constructor.name, total: collection.totalItems, items };
  },
  async webfinger(ctx, { target }) {
    return await ctx.lookupWebFinger(target);
  },
  async nodeinfo(_ctx, { target }) {
    // Fedify's own lookup asks public addresses only; its strict reading of the document is what counts here.
    const { links } = await (await fetch(new URL("/.well-known/nodeinfo", target))).json();
    const answers = links.filter((link) => link.rel.includes("nodeinfo.diaspora")).map((link) => fetch(link.href));
    return await Promise.all(answers.map(async (answer) => parseNodeInfo(await (await answer).json())));
  },
  async state() {
    return {
      actor: `${origin}/users/${name}`, received, unverified, wire, followers: [...followers.keys()],
      following: Object.fromEntries(following), notes: [...notes.values()].map((one) => one.id.href),
    };
  },
};

async function publish(ctx, recipients, values) {
  const id = randomUUID();
  const object = new Note({
    ...values, id: new URL(`/notes/${id}`, origin), attribution: ctx.getActorUri(name), published: Temporal.Now.instant(),
  });
  notes.set(id, object);
  const result = await send(ctx, recipients, new Create({
    id: new URL(`/notes/${id}/activity`, origin), actor: ctx.getActorUri(name), object, published: object.published,
    tos: [...object.toIds], ccs: [...object.ccIds],
  }));
  return { ...result, note: object.id.href };
}

const control = createHttpServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const command = commands[request.url.slice(1)];
  let status = 200, result;
  try {
    if (!command) throw new Error(`no such command: ${request.url}`);
    result = await command(context(), chunks.length ? JSON.parse(Buffer.concat(chunks)) : {});
  } catch (error) {
    [status, result] = [500, { error: String(error?.stack ?? error), cause: String(error?.cause ?? "") }];
  }
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(result ?? null));
});

server.listen(Number(process.env.PEER_PORT ?? 0), "127.0.0.1", () => {
  origin = `https://${host}:${server.address().port}`;
  control.listen(0, "127.0.0.1", () => log("ready", { port: server.address().port, control: control.address().port, origin }));
});
process.on("SIGTERM", () => process.exit(0));
