import { isLoopbackHost } from "../platforms/kit/addresses.ts";
import type { Config } from "../server/config.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";
import { isPortFree } from "./free-port.ts";

/** Free for a start, or held by an Ampost that runs. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  const ports = [{ name: "port", variable: "PORT", port: config.port, host: config.host, probe: "/healthz" }];
  if (!config.sandbox.elsewhere)
    ports.push({
      name: "sandbox port",
      variable: "AMPOST_SANDBOX_PORT",
      port: config.sandbox.port,
      host: "127.0.0.1",
      probe: "/_sandbox/faults",
    });
  if (config.metrics.port !== null)
    ports.push({
      name: "metrics port",
      variable: "AMPOST_METRICS_PORT",
      port: config.metrics.port,
      host: config.metrics.host,
      probe: "/healthz",
    });
  return Promise.all(
    ports.map(async ({ name, variable, port, host, probe }) => {
      if (await isPortFree(port, host)) return ok(name, `${port} on ${host} is free`);
      const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
      if (await answers(`http://${reachable}:${port}${probe}`))
        return ok(name, `${port} on ${host} is held by a running Ampost`);
      return failed(
        name,
        `${port} on ${host} is taken by another program, or cannot be listened on`,
        `Stop that program, or set ${variable} to another port.`,
      );
    }),
  );
}

export async function checkSandbox({ sandbox }: Config): Promise<Finding> {
  if (await answers(`${sandbox.url}/_sandbox/faults`)) return ok("sandbox", `answers at ${sandbox.url}`);
  if (sandbox.elsewhere)
    return failed(
      "sandbox",
      `${sandbox.url} does not answer`,
      "Start it there with `ampost sandbox`, or unset AMPOST_SANDBOX_URL so that `ampost start` runs one.",
    );
  return ok("sandbox", "does not run; `ampost start` starts it");
}

/** Whether visitors are told apart. We speak no TLS and listen where we are told to, so an address may give away that a proxy is before us. */
export function checkProxy({ appUrl, host, trustProxy }: Pick<Config, "appUrl" | "host" | "trustProxy">): Finding {
  const { protocol, hostname } = new URL(appUrl);
  const isProxied = !isLoopbackHost(hostname) && (protocol === "https:" || isLoopbackHost(host));
  if (!isProxied || trustProxy !== false)
    return ok("proxy", isProxied ? "is believed about visitors' addresses" : "none is needed");
  const cure = "Set AMPOST_TRUST_PROXY to the number of proxies before it, such as 1, or to their addresses.";
  return warning(
    "proxy",
    `${appUrl} is reached through a proxy that is not believed, so all visitors count as one address and can lock each other out of signing in`,
    cure,
  );
}

/** Whether others can reach us where we say we are. Loopback will do for test mode. */
export async function checkAddresses(config: Config): Promise<Finding[]> {
  const faces = [
    { name: "API address", variable: "AMPOST_API_URL", url: config.apiUrl },
    { name: "app address", variable: "AMPOST_APP_URL", url: config.appUrl },
    { name: "media address", variable: "AMPOST_MEDIA_URL", url: config.mediaUrl },
  ];
  return Promise.all(faces.map((face) => checkAddress(config, face)));
}

async function checkAddress(
  config: Config,
  { name, variable, url }: { name: string; variable: string; url: string },
): Promise<Finding> {
  const { protocol, hostname } = new URL(url);
  if (isLoopbackHost(hostname)) {
    const live = config.apps.size > 0;
    return live
      ? warning(
          name,
          `${url} is this machine only, while apps for live mode are set`,
          `Set ${variable} to an https address under which the internet reaches this server.`,
        )
      : ok(name, `${url}, for test mode on this machine`);
  }
  if (protocol === "http:")
    return warning(
      name,
      `${url} is not encrypted`,
      `Put a proxy with TLS before it and set ${variable} to its https address: platforms call back to and fetch from https only.`,
    );
  if (await answers(`${url}/healthz`)) return ok(name, `${url} answers`);
  return warning(
    name,
    `${url} does not answer from here`,
    `Where a server runs, see that DNS and proxy lead ${hostname} to it, and that ${variable} is spelt right.`,
  );
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(3_000), redirect: "manual" }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );
}
