// SPDX-License-Identifier: Apache-2.0
// oidc-provider with one client for each way to sign; anybody who gives a name logs in as NAME@acme.test.
import { createServer } from "node:http";
import { writeFileSync, renameSync } from "node:fs";
import Provider from "oidc-provider";
import { generateKeyPair, exportJWK } from "jose";

const folder = process.argv[2];
const keys = [];
for (const alg of ["RS256", "ES256"]) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  keys.push({ ...(await exportJWK(privateKey)), alg, use: "sig" });
}
const client = (alg, method) => ({
  client_id: `latchkey ${alg}`,
  client_secret: "se:cret & more",
  application_type: "native", // whose loopback address may have any port
  redirect_uris: ["http://127.0.0.1/latchkey/v1/login/oidc/callback"],
  response_types: ["code"],
  grant_types: ["authorization_code"],
  id_token_signed_response_alg: alg,
  token_endpoint_auth_method: method,
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const port = server.address().port;
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [client("RS256", "client_secret_basic"), client("ES256", "client_secret_basic")],
    jwks: { keys },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@acme.test`, email_verified: id !== "unverified", name: id }),
    }),
  });
  server.on("request", provider.callback());
  writeFileSync(`${folder}/port.new`, String(port));
  renameSync(`${folder}/port.new`, `${folder}/port`);
});
