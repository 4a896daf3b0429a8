// A SAML service provider on @node-saml/node-saml. Its one argument is a JSON file:
// { host, port, privateKey, certificate, idp: { entryPoint, certificates }, nameIdFormat }
//
//   GET  /metadata                       its metadata
//   GET  /login?state=&binding=redirect|post&force&passive&context=&nameid=&school=&unsigned&digest=&deflated
//   POST /acs                            JSON: what it received, or the error that node-saml reports
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { SAML } from "@node-saml/node-saml";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const base = `http://${settings.host}:${settings.port}`;

const common = {
  issuer: `${base}/metadata`,
  callbackUrl: `${base}/acs`,
  entryPoint: settings.idp.entryPoint,
  idpCert: settings.idp.certificates,
  audience: `${base}/metadata`,
  identifierFormat: settings.nameIdFormat,
  disableRequestedAuthnContext: true,
  wantAssertionsSigned: true,
  wantAuthnResponseSigned: true,
  validateInResponseTo: "always",
};
const signing = {
  privateKey: settings.privateKey,
  publicCert: settings.certificate,
  signatureAlgorithm: "sha256",
  digestAlgorithm: "sha256",
};
const receiver = new SAML({ ...common, ...signing });

// A request is made by an instance with its own options; the receiver must know its id.
function sender(query) {
  const context = query.get("context");
  return new SAML({
    ...common,
    ...(query.has("unsigned") ? {} : signing),
    ...(query.has("digest") ? { signatureAlgorithm: query.get("digest"), digestAlgorithm: query.get("digest") } : {}),
    ...(context ? { disableRequestedAuthnContext: false, authnContext: [context] } : {}),
    ...(query.has("nameid") ? { identifierFormat: query.get("nameid") } : {}),
    ...(query.has("school") ? { scoping: { idpList: [{ entries: [{ providerId: query.get("school") }] }] } } : {}),
    forceAuthn: query.has("force"),
    passive: query.has("passive"),
    skipRequestCompression: query.get("binding") === "post" && !query.has("deflated"),
    authnRequestBinding: query.get("binding") === "post" ? "HTTP-POST" : undefined,
    cacheProvider: receiver.cacheProvider,
  });
}

async function login(query, response) {
  const saml = sender(query);
  const state = query.get("state") ?? "";
  if (query.get("binding") === "post") {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(await saml.getAuthorizeFormAsync(state, settings.host));
  } else {
    response.writeHead(302, { Location: await saml.getAuthorizeUrlAsync(state, settings.host, {}) });
    response.end();
  }
}

async function consume(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  const received = { relayState: form.get("RelayState") };
  try {
    const { profile } = await receiver.validatePostResponseAsync({ SAMLResponse: form.get("SAMLResponse") });
    Object.assign(received, profile ? described(profile) : { passive: "nobody is logged in" });
  } catch (error) {
    Object.assign(received, { error: error.message, status: error.xmlStatus ?? null });
  }
  response.writeHead(received.error ? 403 : 200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(received));
}

function described(profile) {
  const { issuer, nameID, nameIDFormat, nameQualifier, spNameQualifier, sessionIndex, attributes } = profile;
  const statement = profile.getAssertion().Assertion.AuthnStatement[0];
  return {
    issuer,
    nameID,
    nameIDFormat,
    nameQualifier,
    spNameQualifier,
    sessionIndex,
    attributes: attributes ?? {},
    authnInstant: statement.$.AuthnInstant,
    authenticatingAuthorities: (statement.AuthnContext[0].AuthenticatingAuthority ?? []).map((authority) => authority._),
  };
}

async function answer(request, response) {
  const url = new URL(request.url, base);
  switch (`${request.method} ${url.pathname}`) {
    case "GET /metadata":
      response.writeHead(200, { "Content-Type": "application/samlmetadata+xml" });
      return response.end(receiver.generateServiceProviderMetadata(null, settings.certificate));
    case "GET /login":
      return login(url.searchParams, response);
    case "POST /acs":
      return consume(request, response);
    default:
      response.writeHead(404);
      return response.end();
  }
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500);
    response.end();
  });
}).listen(settings.port, settings.host);
