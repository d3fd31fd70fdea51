import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as x509 from "@peculiar/x509";

/** What the sandbox's TLS server presents for the platforms' hosts. */
export interface Certificates {
  /** The certificate authority's certificate, in PEM: what clients have to trust. */
  caPath: string;
  /** PEM. */
  key: string;
  /** PEM: the certificate of all hosts. */
  cert: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
/** Some clients reject certificates that are valid for longer. */
const CERT_DAYS = 397;
const RENEW_DAYS = 30;

/**
 * The certificates in this folder, made if they are missing, about to end, or for other hosts. The authority can
 * sign for these hosts only, so that a stolen key opens no others to clients that trust it.
 */
export async function openCertificates(folder: string, hosts: readonly string[]): Promise<Certificates> {
  const caPath = join(folder, "ca.pem");
  const paths = { caKey: join(folder, "ca-key.pem"), key: join(folder, "key.pem"), cert: join(folder, "cert.pem") };
  const stored = await readAll([caPath, paths.caKey, paths.key, paths.cert]);
  const [ca = "", , key = "", cert = ""] = stored ?? [];
  if (stored && covers(cert, hosts) && covers(ca, [])) return { caPath, key, cert };
  const made = await make(hosts);
  for (const [path, content] of [
    [paths.caKey, made.caKey],
    [paths.key, made.key],
    [caPath, made.ca],
    [paths.cert, made.cert],
  ] as const) {
    await writeFile(path, content, { mode: 0o600 });
    await chmod(path, path === caPath ? 0o644 : 0o600);
  }
  return { caPath, key: made.key, cert: made.cert };
}

async function readAll(paths: readonly string[]): Promise<string[] | undefined> {
  return Promise.all(paths.map((path) => readFile(path, "utf8"))).catch(() => undefined);
}

function covers(pem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  return (
    Date.parse(certificate.validTo) > Date.now() + RENEW_DAYS * DAY_MS &&
    hosts.every((host) => certificate.checkHost(host) !== undefined)
  );
}

async function make(hosts: readonly string[]): Promise<{ ca: string; caKey: string; key: string; cert: string }> {
  x509.cryptoProvider.set(webcrypto);
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const notBefore = new Date(Date.now() - DAY_MS);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Ampost sandbox CA",
    notBefore,
    notAfter: new Date(Date.now() + CA_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension(NAME_CONSTRAINTS, true, onlyFor(hosts)),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const cert = await x509.X509CertificateGenerator.create({
    subject: "CN=Ampost sandbox",
    issuer: ca.subject,
    notBefore,
    notAfter: new Date(Date.now() + CERT_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns", value }))),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  return {
    ca: `${ca.toString("pem")}\n`,
    cert: `${cert.toString("pem")}\n`,
    caKey: await pemOf(caKeys.privateKey),
    key: await pemOf(keys.privateKey),
  };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ format: "pem", type: "pkcs8" })
    .toString();
}

const NAME_CONSTRAINTS = "2.5.29.30";

/** The value of the extension, in DER: the library has no class for it. Source: RFC 5280, 4.2.1.10. */
function onlyFor(hosts: readonly string[]): Uint8Array<ArrayBuffer> {
  const subtrees = hosts.map((host) => der(0x30, der(0x82, Buffer.from(host, "ascii"))));
  return new Uint8Array(der(0x30, der(0xa0, Buffer.concat(subtrees))));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
