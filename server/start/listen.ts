import type { FastifyInstance } from "fastify";

/** Throws an error that says what to do if it cannot. */
export async function listen(
  app: FastifyInstance,
  { host, port, variable }: { host: string; port: number; variable: string },
): Promise<void> {
  await app.listen({ port, host }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(LISTEN_FAILURES[error.code ?? ""]?.(host, port, variable) ?? error.message, { cause: error });
  });
}

const LISTEN_FAILURES: Record<string, (host: string, port: number, variable: string) => string> = {
  EADDRINUSE: (host, port, variable) =>
    `Port ${port} on ${host} is in use by another program. Stop that program, or set ${variable} to another port.`,
  EACCES: (_host, port, variable) =>
    `Port ${port} requires privileges this user does not have. Set ${variable} to a port above 1023.`,
  EADDRNOTAVAIL: noSuchHost,
  ENOTFOUND: noSuchHost,
};

function noSuchHost(host: string): string {
  return `This machine does not have the address ${host}. Set HOST to one it has, such as 127.0.0.1 or 0.0.0.0.`;
}
