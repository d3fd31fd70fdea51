import { isLoopbackHost } from "../platforms/kit/addresses.ts";
import type { Config } from "../server/start/config.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";
import { isPortFree } from "./free-port.ts";

/** Free to start on, or in use by a running Ampost. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  const ports = [{ name: "port", variable: "PORT", port: config.port, host: config.host, probe: "/healthz" }];
  if (!config.sandbox.elsewhere)
    ports.push({
      name: "sandbox port",
      variable: "AMPOST_SANDBOX_PORT",
      port: config.sandbox.port,
      host: "127.0.0.1",
      probe: "/_sandbox/health",
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
      if (await answersAt(host, port, probe)) return ok(name, `${port} on ${host} is in use by a running Ampost`);
      return failed(
        name,
        `${port} on ${host} is in use by another program or not allowed`,
        `Stop that program, or set ${variable} to another port.`,
      );
    }),
  );
}

export async function checkSandbox({ sandbox }: Config): Promise<Finding> {
  if (await answers(`${sandbox.url}/_sandbox/health`)) return ok("sandbox", `responds at ${sandbox.url}`);
  if (sandbox.elsewhere)
    return failed(
      "sandbox",
      `${sandbox.url} does not respond`,
      "Start it there with `ampost sandbox`, or unset AMPOST_SANDBOX_URL so that `ampost start` runs one.",
    );
  return ok("sandbox", "not running; `ampost start` starts it");
}

/**
 * Whether visitors can be told apart. We do not terminate TLS and listen where configured, so the URL can reveal that
 * there is a proxy in front of us.
 */
export function checkProxy({ appUrl, host, trustProxy }: Pick<Config, "appUrl" | "host" | "trustProxy">): Finding {
  const { protocol, hostname } = new URL(appUrl);
  const isProxied = !isLoopbackHost(hostname) && (protocol === "https:" || isLoopbackHost(host));
  if (!isProxied || trustProxy !== false)
    return ok("proxy", isProxied ? "trusted for visitors' addresses" : "not needed");
  const cure = "Set AMPOST_TRUST_PROXY to the number of proxies in front of Ampost, such as 1, or to their addresses.";
  return warning(
    "proxy",
    `${appUrl} is behind a proxy that is not trusted, so all visitors count as one address and can lock each ` +
      "other out of signing in",
    cure,
  );
}

/** Settings for a laptop that show too much once others can reach the instance. */
export function checkOpenings({
  appUrl,
  allowPrivateUrls,
  sandbox,
}: Pick<Config, "appUrl" | "allowPrivateUrls"> & { sandbox: Pick<Config["sandbox"], "page"> }): Finding[] {
  if (isLoopbackHost(new URL(appUrl).hostname)) return [];
  const findings: Finding[] = [];
  if (allowPrivateUrls)
    findings.push(
      warning(
        "private URLs",
        "anyone with a key can make this server send requests to its own network",
        "Unset AMPOST_ALLOW_PRIVATE_URLS, unless only you have keys.",
      ),
    );
  if (sandbox.page === "open")
    findings.push(
      warning(
        "sandbox page",
        `${appUrl}/sandbox shows everyone's test posts to anyone`,
        "Unset AMPOST_SANDBOX_PAGE, so that it shows signed-in users their own.",
      ),
    );
  return findings;
}

/** Whether others can reach our public URL. Loopback is enough for test mode. */
export async function checkAddresses(config: Config): Promise<Finding[]> {
  const urls = [
    { name: "API URL", variable: "AMPOST_API_URL", url: config.apiUrl },
    { name: "app URL", variable: "AMPOST_APP_URL", url: config.appUrl },
    { name: "media URL", variable: "AMPOST_MEDIA_URL", url: config.mediaUrl },
  ];
  return Promise.all(urls.map((url) => checkAddress(config, url)));
}

async function checkAddress(
  config: Config,
  { name, variable, url }: { name: string; variable: string; url: string },
): Promise<Finding> {
  const { hostname } = new URL(url);
  if (isLoopbackHost(hostname)) {
    const live = config.apps.size > 0;
    return live
      ? warning(
          name,
          `${url} is reachable only from this machine, but apps for live mode are configured`,
          `Set ${variable} to a public https URL of this server.`,
        )
      : ok(name, `${url}, for test mode on this machine`);
  }
  if (await answers(`${url}/healthz`)) return ok(name, `${url} responds`);
  return warning(
    name,
    `${url} does not respond from here`,
    `If a server is running, check that DNS and the proxy route ${hostname} to it, and that ${variable} is correct.`,
  );
}

/** Whether a server that listens on this host responds with success. */
export async function answersAt(host: string, port: number, path: string): Promise<boolean> {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return await answers(`http://${reachable}:${port}${path}`);
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5_000), redirect: "manual" }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );
}
