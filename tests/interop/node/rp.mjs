// A relying party on openid-client. Its one argument is a JSON file:
// { host, port, issuer, client_id, method, secret, key (JWK), alg, signed_userinfo, extras }
//
// extras: a list of par (it pushes its requests), dpop (its tokens are bound to a key, another at each login),
// jar (it signs its requests)
//
//   GET  /login?<any parameter of an authorization request>   to the provider
//   GET  /callback, POST /callback                            JSON: what it received, or the error that it reports
//   GET  /refresh?state=                                      JSON: the tokens behind the last refresh token
//   GET  /userinfo?state=    /introspect?state=    /revoke?state=
//   GET  /logout?state=                                       to the provider's end-session endpoint
//   GET  /bye                                                 where a logout ends
//   GET  /anew                                                forgets what it read of the provider, its keys too
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import * as client from "openid-client";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const base = `http://${settings.host}:${settings.port}`;
const callback = `${base}/callback`;
const logins = new Map();
const uses = (extra) => settings.extras.includes(extra);

async function authentication() {
  if (settings.method === "client_secret_basic") return client.ClientSecretBasic(settings.secret);
  if (settings.method === "client_secret_post") return client.ClientSecretPost(settings.secret);
  if (settings.method === "none") return client.None();
  return client.PrivateKeyJwt(await signingKey());
}

async function signingKey() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return crypto.subtle.importKey("jwk", settings.key, algorithm, false, ["sign"]);
}

const metadata = {
  id_token_signed_response_alg: settings.alg,
  ...(settings.signed_userinfo ? { userinfo_signed_response_alg: settings.alg } : {}),
  use_mtls_endpoint_aliases: false,
};
let config = await discovered();

async function discovered() {
  const insecure = { execute: [client.allowInsecureRequests] };
  const found = await client.discovery(new URL(settings.issuer), settings.client_id, metadata, await authentication(), insecure);
  client.enableNonRepudiationChecks(found);
  return found;
}

async function begin(query) {
  const verifier = client.randomPKCECodeVerifier();
  const login = { verifier, state: client.randomState(), nonce: client.randomNonce() };
  login.bound = uses("dpop") ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair()) } : {};
  logins.set(login.state, login);
  if (query.get("max_age")) login.maxAge = Number(query.get("max_age"));
  const parameters = {
    redirect_uri: callback,
    scope: "openid eck profile school",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: login.state,
    nonce: login.nonce,
    ...Object.fromEntries(query),
  };
  if (uses("jar")) {
    const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, await signingKey());
    return uses("par") ? client.buildAuthorizationUrlWithPAR(config, signed.searchParams, login.bound) : signed;
  }
  if (uses("par")) return client.buildAuthorizationUrlWithPAR(config, parameters, login.bound);
  return client.buildAuthorizationUrl(config, parameters);
}

async function received(request) {
  const parameters = request.method === "POST" ? new URLSearchParams(await request.clone().text()) : new URL(request.url).searchParams;
  const login = logins.get(parameters.get("state")) ?? {};
  login.tokens = await client.authorizationCodeGrant(config, request, {
    pkceCodeVerifier: login.verifier,
    expectedState: login.state,
    expectedNonce: login.nonce,
    maxAge: login.maxAge,
    idTokenExpected: true,
  }, undefined, login.bound);
  login.refresh = login.tokens.refresh_token;
  return { state: login.state, tokens: login.tokens, claims: login.tokens.claims(), userinfo: await userinfo(login) };
}

async function userinfo(login) {
  return client.fetchUserInfo(config, login.tokens.access_token, client.skipSubjectCheck, login.bound);
}

async function answer(url, request) {
  const login = logins.get(url.searchParams.get("state"));
  switch (url.pathname) {
    case "/callback":
      return received(request);
    case "/refresh":
      login.tokens = await client.refreshTokenGrant(config, login.refresh, undefined, login.bound);
      login.refresh = login.tokens.refresh_token ?? login.refresh;
      return { tokens: login.tokens, claims: login.tokens.claims(), userinfo: await userinfo(login) };
    case "/userinfo":
      return userinfo(login);
    case "/introspect":
      return client.tokenIntrospection(config, login.tokens.access_token);
    case "/revoke":
      await client.tokenRevocation(config, login.tokens.access_token);
      return {};
    case "/anew":
      config = await discovered();
      return {};
    case "/bye":
      return { bye: url.searchParams.get("state") };
  }
  return undefined;
}

createServer(async (incoming, outgoing) => {
  const url = new URL(incoming.url, base);
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = incoming.method === "POST" ? Buffer.concat(chunks) : undefined;
  const headers = incoming.headers["content-type"] ? { "content-type": incoming.headers["content-type"] } : {};
  const request = new Request(url, { method: incoming.method, headers, body });
  try {
    if (url.pathname === "/login") {
      outgoing.writeHead(302, { Location: (await begin(url.searchParams)).href }).end();
      return;
    }
    if (url.pathname === "/logout") {
      const login = logins.get(url.searchParams.get("state"));
      const to = client.buildEndSessionUrl(config, {
        id_token_hint: login.tokens.id_token,
        post_logout_redirect_uri: `${base}/bye`,
        state: "so long",
      });
      outgoing.writeHead(302, { Location: to.href }).end();
      return;
    }
    const told = await answer(url, request);
    outgoing.writeHead(told ? 200 : 404, { "Content-Type": "application/json" }).end(JSON.stringify(told ?? {}));
  } catch (error) {
    const told = { error: error.error ?? error.code ?? String(error), message: `${error.message} ${error.cause ?? ""}` };
    outgoing.writeHead(400, { "Content-Type": "application/json" }).end(JSON.stringify(told));
  }
}).listen(settings.port, settings.host);
