import type { Sandbox } from "./server.ts";

/** What to do if the sandbox cannot listen. `setting` is what its own port is set with. Undefined: another error. */
export function portAdvice(
  { code, port }: NodeJS.ErrnoException & { port?: number },
  own: { port: number; setting: string },
): string | undefined {
  if (code === "EADDRINUSE" && port === own.port)
    return `Port ${port} is in use by another program. Stop that program, or set ${own.setting} to another port.`;
  if (code === "EADDRINUSE") return `Port ${port} is in use by another program. Stop that program, or use --tls PORT.`;
  if (code === "EACCES")
    return `Port ${port} needs privileges that this user does not have. Use another one, such as --tls 8443.`;
  return undefined;
}

const HOSTS_A_LINE = 6;

/** What clients with fixed URLs need: where the hosts are, and whom to trust. */
export function explainTls({ port, hosts, caPath }: NonNullable<Sandbox["tls"]>): string[] {
  const lines = Array.from({ length: Math.ceil(hosts.length / HOSTS_A_LINE) }, (_, line) =>
    hosts.slice(line * HOSTS_A_LINE, (line + 1) * HOSTS_A_LINE).join(" "),
  );
  return [
    `TLS for the platforms' host names is on port ${port}.`,
    "",
    "# Lines for the hosts file, such as /etc/hosts, so that clients find them here:",
    ...lines.map((names) => `127.0.0.1 ${names}`),
    "",
    "# So that clients trust them (Node.js; Python's requests; OpenSSL, Go and Ruby; curl):",
    `export NODE_EXTRA_CA_CERTS=${caPath}`,
    `export REQUESTS_CA_BUNDLE=${caPath}`,
    `export SSL_CERT_FILE=${caPath}`,
    `export CURL_CA_BUNDLE=${caPath}`,
  ];
}
