// One strict OAuth client. Writes a JSON object a line; after "open" it reads the address that the browser came back to.
import * as oauth from "oauth4webapi";
import { createInterface } from "node:readline";

const [issuer, kind, redirect, scope] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (kind, values) => console.log(JSON.stringify({ kind, ...values }));

const issued = new URL(issuer);
const as = await oauth.processDiscoveryResponse(
  issued,
  await oauth.discoveryRequest(issued, { algorithm: "oauth2" }),
);
say("metadata", { issuer: as.issuer, methods: as.code_challenge_methods_supported });

const wanted = {
  client_name: "oauth4webapi",
  redirect_uris: [redirect],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: kind === "public" ? "none" : kind,
  scope,
};
const client = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(as, wanted),
);
say("registered", { client_id: client.client_id });
const authentication = {
  public: () => oauth.None(),
  client_secret_post: () => oauth.ClientSecretPost(client.client_secret),
  client_secret_basic: () => oauth.ClientSecretBasic(client.client_secret),
}[kind]();

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const address = new URL(as.authorization_endpoint);
address.search = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: redirect,
  response_type: "code",
  scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
}).toString();
say("open", { address: address.href });

// Checks state and, since the metadata promise it, the issuer.
const answer = oauth.validateAuthResponse(as, client, new URL((await lines.next()).value), state);
const token = await oauth.processAuthorizationCodeResponse(
  as,
  client,
  await oauth.authorizationCodeGrantRequest(as, client, authentication, answer, redirect, verifier),
);
say("token", token);

const userinfo = await oauth.processUserInfoResponse(
  as,
  client,
  oauth.skipSubjectCheck,
  await oauth.userInfoRequest(as, client, token.access_token),
);
say("userinfo", userinfo);

const refreshed = await oauth.processRefreshTokenResponse(
  as,
  client,
  await oauth.refreshTokenGrantRequest(as, client, authentication, token.refresh_token),
);
say("refreshed", refreshed);

await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, authentication, refreshed.access_token),
);
try {
  await oauth.userInfoRequest(as, client, refreshed.access_token).then((found) =>
    oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, found),
  );
  say("revoked", { challenge: null });
} catch (error) {
  say("revoked", { challenge: error.cause?.[0]?.parameters?.error ?? String(error) });
}
process.exit(0);
