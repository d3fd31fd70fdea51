import { parseArgs } from "node:util";

import { explainTls, portAdvice } from "./advice.ts";
import { startSandbox } from "./server.ts";

/** The command of the package `@ampost/sandbox`: runs the sandbox until it is stopped. */
const USAGE = `Usage: ampost-sandbox [options]

  --port <port>     where to listen (default: 3001)
  --host <address>  on which address (default: 127.0.0.1)
  --data <folder>   where its state is (default: .ampost-sandbox)
  --tls <port>      also answer to the platforms' host names over TLS
  --help            show this
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "3001" },
    host: { type: "string", default: "127.0.0.1" },
    data: { type: "string", default: ".ampost-sandbox" },
    tls: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  // Its request log contains tokens.
  process.umask(0o077);
  const port = Number(values.port);
  const sandbox = await startSandbox({
    port,
    ...(values.tls !== undefined && { tlsPort: Number(values.tls) }),
    host: values.host,
    dataDir: values.data,
    limits: true,
  }).catch((error: NodeJS.ErrnoException & { port?: number }) => {
    process.stderr.write(`${portAdvice(error, { port, setting: "--port" }) ?? error.message}\n`);
    process.exitCode = 1;
  });
  if (sandbox === undefined) return;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close());
  process.stdout.write(`The sandbox is ready at ${sandbox.url}\n`);
  if (sandbox.tls) process.stdout.write(`${explainTls(sandbox.tls).join("\n")}\n`);
}
