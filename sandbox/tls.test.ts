import assert from "node:assert/strict";
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createServer, request } from "node:https";
import { join } from "node:path";
import { test } from "node:test";

import * as x509 from "@peculiar/x509";

import { openCertificates } from "./certificates.ts";
import { agentOf, openSandbox, temporaryFolder } from "./sandbox.fixture.ts";

/** One request by a host's own name and the client's own TLS. */
function ask(
  agent: ReturnType<typeof agentOf>,
  url: string,
  method = "GET",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { agent, method }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (body += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });
}

test("every platform host is answered over TLS by its own name, to clients that trust the sandbox", async (t) => {
  const sandbox = await openSandbox(t, { tlsPort: 0 });
  assert.ok(sandbox.tls);
  const agent = agentOf(sandbox);
  t.after(() => agent.destroy());
  for (const host of sandbox.tls.hosts) {
    const { status, body } = await ask(agent, `https://${host}/nothing`, "PATCH");
    assert.equal(status, 404, host);
    assert.match(body, /The sandbox knows no PATCH \/nothing on /, host);
  }
  const { status, body } = await ask(agent, "https://api.x.com/2/users/me");
  assert.deepEqual([status, JSON.parse(body).title], [401, "Unauthorized"]);
  assert.equal((await ask(agent, "https://x.com/api.x.com/2/users/me")).status, 401, "the pages' links have the host");
  assert.match((await ask(agent, "https://x.com/_sandbox/media/none.webp")).body, /no such picture/);
  const listed = await sandbox.control("GET", "requests?platform=twitter&operation=read");
  assert.match(listed.text, /"url":"https:\/\/api\.x\.com\/2\/users\/me"/);
});

test("the certificates are kept, made anew for other hosts, and cannot vouch for any other host", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openCertificates(folder, ["api.x.com", "graph.facebook.com"]);
  assert.deepEqual(await openCertificates(folder, ["api.x.com", "graph.facebook.com"]), first);
  const other = await openCertificates(folder, ["api.linkedin.com"]);
  assert.notEqual(other.cert, first.cert);
  assert.equal((await stat(join(folder, "ca-key.pem"))).mode & 0o077, 0, "the key is the owner's only");
  const ca = new X509Certificate(await readFile(other.caPath));
  assert.ok(ca.ca && ca.verify(ca.publicKey) && new X509Certificate(other.cert).checkIssued(ca));
});

test("a client that trusts the authority rejects what its key signs for other hosts", async (t) => {
  const folder = await temporaryFolder(t);
  const { caPath } = await openCertificates(folder, ["api.x.com"]);
  const pem = await readFile(join(folder, "ca-key.pem"), "utf8");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keyBytes = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", keyBytes, algorithm, false, ["sign"]);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const sign = async (host: string) =>
    x509.X509CertificateGenerator.create({
      subject: `CN=${host}`,
      issuer: new x509.X509Certificate(await readFile(caPath, "utf8")).subject,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 86_400_000),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: host }])],
    });
  const key = createPrivateKey({
    key: Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)),
    format: "der",
    type: "pkcs8",
  }).export({ format: "pem", type: "pkcs8" });
  const visit = async (host: string) => {
    const cert = (await sign(host)).toString("pem");
    const server = createServer({ key, cert }, (_request, response) => response.end("here"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    const address = server.address();
    if (typeof address !== "object" || !address) throw new Error("the server has no address");
    const agent = agentOf({ tls: { port: address.port, hosts: [], caPath } });
    t.after(() => agent.destroy());
    return ask(agent, `https://${host}/`);
  };
  assert.equal((await visit("api.x.com")).body, "here");
  await assert.rejects(visit("bank.example"), /permitted subtree violation/);
});

test("a request with a platform's host name needs no TLS", async (t) => {
  const { port } = await openSandbox(t);
  const { request: plain } = await import("node:http");
  const status = await new Promise((resolve, reject) => {
    plain({ host: "127.0.0.1", port, path: "/v2/userinfo", headers: { host: "api.linkedin.com" } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on("error", reject)
      .end();
  });
  assert.equal(status, 401);
});
