import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";

import { z } from "zod";

/**
 * Preloaded into a process: https connections to these hosts go to ports of this machine, so that a sandbox stands for
 * the platforms by their real names. `*` is every other host. NODE_EXTRA_CA_CERTS names who signed the certificates.
 */
const ports = z.record(z.string(), z.number()).parse(JSON.parse(process.env.AMPOST_TEST_HOSTS ?? "{}"));

const connect = tls.connect;
Object.assign(tls, {
  connect: (options: tls.ConnectionOptions, ...others: []) => {
    const port = ports[options.host ?? ""] ?? ports["*"];
    return connect(port === undefined ? options : { ...options, host: "127.0.0.1", port }, ...others);
  },
});
// A public address, as those of production are.
Object.assign(dns, { lookup: async () => [{ address: "93.184.216.34", family: 4 }] });
syncBuiltinESMExports();
