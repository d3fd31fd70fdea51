import { mkdir, readdir, rm } from "node:fs/promises";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { inspect } from "node:util";

import { isAlive } from "../model/is-alive.ts";
import { createServer } from "../model/node-http.ts";
import { isPlatformName, type PlatformName } from "../model/platform-names.ts";
import type { AllowPrivate } from "../platforms/kit/addresses.ts";
import { answerCall, pathOf, send, type CallContext } from "./call.ts";
import { openClock } from "./clock.ts";
import { answerControl, type ControlContext } from "./control.ts";
import { openFaults } from "./faults.ts";
import { openIdentity } from "./identity.ts";
import { SANDBOX_PLATFORMS } from "./index.ts";
import { openLedger } from "./ledger.ts";
import { openMedia } from "./media.ts";
import { answerPage, type PageContext } from "./page.ts";
import { htmlAnswer, jsonAnswer } from "./platform.ts";
import { openRequests } from "./requests.ts";
import { compileRoutes, type Routes } from "./routes.ts";
import { openStore } from "./store.ts";
import { sweep } from "./sweep.ts";
import { openUploads } from "./uploads.ts";
import { openUses } from "./uses.ts";
import type { World } from "./world.ts";

export interface SandboxOptions {
  /** 0 uses any free port. */
  port: number;
  /** Default `127.0.0.1`. The control API only accepts loopback clients, whatever this is. */
  host?: string;
  /** The folder that holds its state; created if missing. Several sandboxes can share one. */
  dataDir: string;
  /**
   * Another port, on the same address, that speaks TLS for the platforms' host names: `https://HOST/PATH` itself. 0 uses
   * any free port.
   */
  tlsPort?: number;
  /** Whether the platforms' limits apply. Off for load tests. */
  limits: boolean;
  /** The dashboard's URL, for the page's link to it. */
  appUrl?: string;
  /**
   * The origin that serves the product's media: it counts as a verified domain, and media are fetched from there
   * whatever it resolves to.
   */
  mediaUrl?: string;
  /**
   * Where media can be besides `mediaUrl` and public addresses: loopback by default, because its clients run on the
   * same machine.
   */
  allowPrivateUrls?: AllowPrivate;
  /**
   * When a new sandbox's clock starts; it then stands still until it is advanced. Without it, the clock is the
   * machine's.
   */
  startAt?: Date;
  /** Called with internal errors. Default: standard error. */
  log?: (message: string, error?: unknown) => void;
}

export interface Sandbox {
  /** `http://HOST:PORT`, without a trailing slash. */
  url: string;
  port: number;
  /** Null without `tlsPort`. */
  tls: { port: number; hosts: readonly string[]; caPath: string } | null;
  /** Aborts open requests; the state is kept. Can be called twice. */
  close(): Promise<void>;
}

const CLOSE_WAIT_MS = 3_000;
const SWEEP_MS = 10 * 60_000;

/**
 * Starts the sandboxes of all platforms on one port: `/HOST/PATH` simulates `https://HOST/PATH`, and so does `/PATH` with
 * this `Host`. All state is in `dataDir` and survives a kill. Rejects if a port is in use or the folder is not writable.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const log =
    options.log ??
    ((message, error) =>
      process.stderr.write(`sandbox: ${message}${error === undefined ? "" : ` ${inspect(error)}`}\n`));
  const folders = {
    spoolDir: join(options.dataDir, `spool-${process.pid}-${Date.now()}`),
    thumbnailDir: join(options.dataDir, "thumbnails"),
    uploadDir: join(options.dataDir, "uploads"),
  };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeftovers(options.dataDir);

  const world = openWorld(options, folders);
  const context: CallContext = {
    world,
    routes: compileRoutes(SANDBOX_PLATFORMS),
    requests: openRequests(world.store),
    faults: openFaults(world.store),
    spoolDir: folders.spoolDir,
    log,
  };
  const page = { world, appUrl: options.appUrl ?? null, accounts: null };
  const control = {
    ...context,
    page,
    platforms: SANDBOX_PLATFORMS,
    emptied: [folders.thumbnailDir, folders.uploadDir],
    thumbnailDir: folders.thumbnailDir,
  };
  const pending = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;
  const listener: RequestListener = (request, response) => {
    const answering = answer(control, page, request, response).catch((error: unknown) => {
      log(`${request.method} ${request.url} failed`, error);
      if (response.headersSent) response.destroy();
      else send(response, jsonAnswer({ error: "The sandbox itself failed; its log says why." }, { status: 500 }));
    });
    pending.add(answering);
    void answering.finally(() => pending.delete(answering));
  };
  const sweeping = setInterval(() => {
    void sweep({ ...folders, store: world.store, platforms: SANDBOX_PLATFORMS }).catch((error: unknown) =>
      log("what is old could not be swept", error),
    );
  }, SWEEP_MS);
  sweeping.unref();
  const servers: Server[] = [];
  const close = () =>
    (closing ??= stop(servers, pending, async () => {
      clearInterval(sweeping);
      world.store.close();
      await rm(folders.spoolDir, { recursive: true, force: true });
    }));
  const listen = async (server: Server, port: number) => {
    servers.push(server);
    // Clients keep connections open between requests; closing one during a request would look like a lost response.
    server.keepAliveTimeout = 75_000;
    server.requestTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, options.host ?? "127.0.0.1", resolve);
    });
    const address = server.address();
    return typeof address === "object" && address ? address.port : port;
  };
  try {
    const port = await listen(createServer(listener), options.port);
    const tls =
      options.tlsPort === undefined ? null : await openTls(options, options.tlsPort, { ...context, listener, listen });
    return { url: `http://${urlHost(options.host ?? "127.0.0.1")}:${port}`, port, tls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openTls(
  { dataDir }: SandboxOptions,
  tlsPort: number,
  {
    routes,
    listener,
    listen,
  }: Pick<CallContext, "routes"> & {
    listener: RequestListener;
    listen(server: Server, port: number): Promise<number>;
  },
): Promise<Sandbox["tls"]> {
  const folder = join(dataDir, "certificates");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Loaded only where it is used: it makes a start slower.
  const { openCertificates } = await import("./certificates.ts");
  const { caPath, key, cert } = await openCertificates(folder, routes.hosts);
  return { port: await listen(createTlsServer({ key, cert }, listener), tlsPort), hosts: routes.hosts, caPath };
}

/** Cuts the connections, waits for calls that are still fetching media, and only then closes the store. */
async function stop(servers: Server[], pending: Set<Promise<void>>, release: () => Promise<void>): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    ),
  );
  await Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, CLOSE_WAIT_MS).unref())]);
  await release();
}

/** Deletes the spool folders of killed processes. */
async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^spool-(\d+)-\d+$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

function openWorld(
  options: SandboxOptions,
  folders: { spoolDir: string; thumbnailDir: string; uploadDir: string },
): World {
  const store = openStore(options.dataDir);
  const allowPrivate = options.allowPrivateUrls ?? "loopback";
  const media = openMedia(folders, { allowPrivate, mediaUrl: options.mediaUrl ?? null });
  return store.transaction(() => {
    const world: World = {
      store,
      clock: openClock(store, options.startAt),
      identity: openIdentity(store),
      ledger: openLedger(store, platformName),
      uses: openUses(store),
      media,
      uploads: openUploads(folders.uploadDir, media),
      limits: options.limits,
      mediaUrl: options.mediaUrl ?? null,
      door: { allowPrivate, appUrl: options.appUrl ?? null },
    };
    for (const platform of SANDBOX_PLATFORMS) {
      store.execute(platform.schema);
      // A platform added later is seeded in an existing folder too.
      if (store.next(`seeded.${platform.name}`) === 1) platform.seed(world);
    }
    return world;
  });
}

async function answer(
  context: ControlContext,
  page: PageContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const address = `http://sandbox${hostBefore(request, context.routes)}${request.url ?? "/"}`;
  if (!address.startsWith("http://sandbox/") || !URL.canParse(address))
    return send(response, htmlAnswer("This is no address.", 400));
  const url = new URL(address);
  const first = url.pathname.split("/", 2)[1] ?? "";
  if (first === "_sandbox") {
    const found = await answerControl(context, request, response, url);
    if (found) send(response, found);
    return;
  }
  const host = context.routes.canonicalHost(first.toLowerCase());
  const isPage =
    request.method === "GET" && (host === undefined || context.routes.match("GET", host, pathOf(url)).length === 0);
  const shown = isPage ? answerPage(page, url, host) : undefined;
  if (shown) return send(response, shown);
  if (host === undefined) {
    return send(response, first.includes(".") ? unknownHost(first) : htmlAnswer("There is no such page.", 404));
  }
  await answerCall(context, request, response, host, url);
}

/** By a platform's own host name, the path lacks it, except in the links of the sandbox's pages. */
function hostBefore({ headers, url = "" }: IncomingMessage, routes: Routes): string {
  const named = headers.host?.toLowerCase().replace(/:\d+$/, "") ?? "";
  const [, first = ""] = url.split("/", 2);
  const isOwn = routes.canonicalHost(first.toLowerCase()) !== undefined || url.startsWith("/_sandbox/media/");
  return routes.canonicalHost(named) === undefined || isOwn ? "" : `/${named}`;
}

function unknownHost(host: string): ReturnType<typeof jsonAnswer> {
  const known = SANDBOX_PLATFORMS.flatMap((platform) => Object.keys(platform.hosts));
  return jsonAnswer({ error: `No sandbox stands for ${host}.`, hosts: known }, { status: 404 });
}

function platformName(name: string): PlatformName {
  if (!isPlatformName(name)) throw new Error(`${name} is no platform`);
  return name;
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
