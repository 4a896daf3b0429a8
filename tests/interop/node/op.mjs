// An OpenID provider on oidc-provider. Its one argument is a JSON file:
// { host, port, alg, accounts: { id: claims }, client: { client_id, redirect_uris, ... } }
//
// Its own pages ask who somebody is (any password will do) and whether the gateway may know.
import { readFileSync } from "node:fs";

import Provider from "oidc-provider";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));

const provider = new Provider(`http://${settings.host}:${settings.port}`, {
  clients: [{ ...settings.client, response_types: ["code"], grant_types: ["authorization_code"] }],
  scopes: ["openid", "profile", "school"],
  claims: { openid: ["sub"], profile: ["given_name", "family_name"], school: ["hd", "eduperson_affiliation", "eckid", "eduid", "is_adult"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
  // It fetches from public addresses alone; the gateway of a test is on loopback.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  findAccount: (_, id) =>
    settings.accounts[id] && { accountId: id, claims: () => ({ sub: id, ...settings.accounts[id] }) },
});
provider.listen(settings.port, settings.host);
