import type { IncomingMessage } from "node:http";

import compress from "@fastify/compress";
import cors from "@fastify/cors";
import multipart from "@fastify/multipart";
import fastify, { type FastifyInstance } from "fastify";

import { newId } from "../../model/ids.ts";
import { maxHeaderSize } from "../../model/node-http.ts";
import { isLoopbackHost } from "../../platforms/kit/addresses.ts";
import { addRoute, type BindOptions } from "../calls/bind.ts";
import { BINDINGS } from "../calls/bindings.ts";
import { createCallMeter, sendUnlimited } from "../calls/call-meter.ts";
import { addDeprecationHeaders, requireApiHost, requireAppHost } from "../calls/hosts.ts";
import { createOperatorMeter } from "../calls/operator-meter.ts";
import { MAX_FILES, MAX_JSON_BYTES } from "../calls/read-body.ts";
import { createRequestLog, type RequestLogOptions } from "../calls/request-log.ts";
import { createStreams, type MostStreams } from "../calls/streams.ts";
import type { Services } from "../domain/services.ts";
import { createStorageQuota } from "../media/storage-quota.ts";
import { addAdmissionControl, type AdmissionOptions } from "./admission.ts";
import { headPatience, limitArrival, type Patience, PATIENCE, refuseConnection, showsRates } from "./arrival.ts";
import { addDocs } from "./docs/add-docs.ts";
import { NO_SCHEMAS } from "./no-schemas.ts";
import { addPages } from "./pages/add-pages.ts";
import { outerRequestId } from "./pages/call-route.ts";
import { answerFailure } from "./pages/show-failure.ts";
import { addAuditExport } from "./routes/audit-export.ts";
import { addAuthRoutes } from "./routes/auth-routes.ts";
import { addMcpGrants } from "./routes/mcp-grant-routes.ts";
import { addMediaFiles } from "./routes/media-files.ts";
import { addOpenApi } from "./routes/openapi-routes.ts";
import { addPackages } from "./routes/packages.ts";
import { addPlatformCallbacks } from "./routes/platform-callbacks.ts";
import { addPostEvents } from "./routes/post-events.ts";
import { addProbes, type Probes } from "./routes/probes.ts";
import { addResumableUploads } from "./routes/resumable-uploads.ts";
import { addStripeEvents } from "./routes/stripe-events.ts";
import { TUS_REQUEST_HEADERS, TUS_RESPONSE_HEADERS } from "./routes/tus-headers.ts";
import { addNotFound, answerAsApi } from "./routes/unknown-routes.ts";
import { addUploadUrls } from "./routes/upload-urls.ts";
import { addUserExport } from "./routes/user-export.ts";

export interface HttpOptions extends AdmissionOptions, Pick<BindOptions, "onRefusal" | "longestStreamMilliseconds"> {
  mostStreams?: MostStreams;
  probes: Probes;
  /** Aborted when the process is about to stop: connections are then closed after their next response. */
  draining?: AbortSignal;
  /** The function that opens the metrics on this port; null or omitted: none. */
  metricsToken?: string | null;
  /** Which proxies are trusted for the caller's address, in Fastify's format. */
  trustProxy?: boolean | number | string;
  patience?: Patience;
  /** Omitted: requests are not recorded. */
  requestLog?: RequestLogOptions;
  /** The other interface on the same port; omitted: none. */
  mcp?: (scope: FastifyInstance, services: Services, options: BindOptions) => void;
  /** Records requests, before there are routes. */
  watch?: ((app: FastifyInstance) => Promise<void>) | undefined;
  /** Called with every completed request, for the metrics. */
  observe?: (answered: { method: string; route: string; status: number; seconds: number }) => void;
}

/** The whole HTTP server, not yet listening. Closing it ends waiting requests first. */
export async function createHttpApp(services: Services, options: HttpOptions): Promise<FastifyInstance> {
  const stopping = new AbortController();
  const { patience = PATIENCE } = options;
  const app: FastifyInstance = fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    genReqId: () => outerRequestId() ?? newId(),
    requestIdHeader: false,
    rewriteUrl: ({ url }) => originForm(url ?? "/"),
    trustProxy: trusted(options.trustProxy ?? false),
    // An idle connection is closed, but not before the longest `Prefer: wait`.
    connectionTimeout: 120_000,
    http: headPatience(patience),
    keepAliveTimeout: 72_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: maxHeaderSize, ignoreTrailingSlash: true },
    clientErrorHandler: (error, socket) => refuseConnection(services.settings, error, socket),
    frameworkErrors: (error, request, reply) => {
      reply.header("x-request-id", request.id);
      // This reply has nothing of what the app adds to others.
      Reflect.defineProperty(reply, "brand", { value: services.settings.brand });
      answerAsApi(request, reply);
      void answerFailure(services, app.refuseStranger(request) ?? error, request, reply);
    },
  });
  app.decorateReply("brand", { getter: () => services.settings.brand });
  const requestLog = createRequestLog(services, options.requestLog ?? { days: 0 });
  app.setErrorHandler((error, request, reply) => {
    requestLog.refuse(request, error);
    return answerFailure(services, error, request, reply);
  });
  await options.watch?.(app);
  app.addHook("preClose", async () => stopping.abort());
  // Kept alive, a connection would keep the server from ending, or break under a request that is just being sent.
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (stopping.signal.aborted || options.draining?.aborted === true) reply.header("connection", "close");
    done(null, payload);
  });
  limitArrival(app, patience, services.settings, { isBehindProxy: (options.trustProxy ?? false) !== false });
  app.addHook("onRequest", (request, reply, done) => {
    if (showsRates(request.url)) sendUnlimited(reply);
    done();
  });
  addRequestLog(app, services, options);
  app.addHook("onResponse", (request, reply, done) => {
    requestLog.end(request, reply);
    done();
  });
  app.addHook("onClose", () => requestLog.close());
  if ((options.trustProxy ?? false) === false) tellOfProxy(app, services);
  readBodiesOurselves(app);
  addAdmissionControl(app, options);
  await app.register(compress, { threshold: 1024, encodings: ["br", "gzip"], globalDecompression: false });
  await app.register(multipart, {
    limits: {
      parts: MAX_FILES + 20,
      files: MAX_FILES,
      fields: 20,
      fieldSize: MAX_JSON_BYTES,
      fieldNameSize: 200,
      headerPairs: 50,
      fileSize: Infinity,
    },
    throwFileSizeLimit: false,
  });
  const calls = createCallMeter(services);
  app.addHook("onClose", () => calls.close());
  const bound: BindOptions = {
    ...options,
    stopping: stopping.signal,
    streams: createStreams(services, options.mostStreams),
    calls,
    operatorCalls: createOperatorMeter(),
    requestLog,
    storageQuota: createStorageQuota(services),
  };
  await app.register(async (api) => addPublicApi(api, services, bound));
  await app.register(async (own) => addSessionApi(own, services, bound));
  await app.register(async (admin) => addAdminApi(admin, services, bound));
  await app.register(async (scope) => options.mcp?.(scope, services, bound));
  addProbes(app, options.probes, {
    token: options.metricsToken ?? null,
    isLaptop: isLoopbackHost(new URL(services.settings.appUrl).hostname),
  });
  addMediaFiles(app, services);
  addOpenApi(app, services);
  addPackages(app);
  await addDocs(app, services);
  await app.register(async (auth) => addAuthRoutes(auth, services));
  await app.register(async (grants) => addMcpGrants(grants, services));
  await app.register(async (callbacks) => addPlatformCallbacks(callbacks, services));
  await app.register(async (events) => addStripeEvents(events, services));
  await app.register(async (own) => addUserExport(own, services, bound));
  await app.register(async (own) => addAuditExport(own, services, bound));
  await app.register(async (pages) => addPages(pages, services, bound));
  addNotFound(app);
  return app;
}

/**
 * The path and query of a request line. It can have a complete URL (RFC 9112, 3.2.2), whose scheme and authority
 * nothing behind here may use as a destination.
 */
function originForm(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  return path.startsWith("/") ? path : `/${path}`;
}

/** Warns once that there is an untrusted proxy: everyone behind it counts as one address and shares its limits. */
function tellOfProxy(app: FastifyInstance, { log }: Pick<Services, "log">): void {
  let isTold = false;
  app.addHook("onRequest", (request, _reply, done) => {
    if (!isTold && request.headers["x-forwarded-for"] !== undefined) {
      isTold = true;
      log.warn(
        "A request had an X-Forwarded-For header, which is not trusted: " +
          "all visitors behind the proxy count as one address. If your own proxy sets it, set AMPOST_TRUST_PROXY.",
      );
    }
    done();
  });
}

/** A number of proxies, counted from us outwards, as a function for Fastify. */
function trusted(
  trustProxy: boolean | number | string,
): boolean | string | ((address: string, hop: number) => boolean) {
  return typeof trustProxy === "number" ? (_address, hop) => hop < trustProxy : trustProxy;
}

/** Bearer routes: from any web page, never with its cookies. */
async function addPublicApi(api: FastifyInstance, services: Services, options: BindOptions): Promise<void> {
  await api.register(cors, {
    origin: "*",
    credentials: false,
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: [
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "If-Match",
      "If-None-Match",
      "Prefer",
      ...TUS_REQUEST_HEADERS,
    ],
    exposedHeaders: [...EXPOSED_HEADERS, ...TUS_RESPONSE_HEADERS],
    maxAge: 86_400,
    strictPreflight: false,
  });
  addDeprecationHeaders(api, services.settings);
  // The dashboard calls them with its session. What they answer must not outlive that in a cache.
  api.addHook("onRequest", async ({ headers }, reply) => {
    if (headers.cookie !== undefined && headers.authorization === undefined) reply.header("cache-control", "no-store");
  });
  for (const binding of BINDINGS.filter(({ operation: { auth } }) => auth !== "session" && auth !== "operator"))
    addRoute(api, services, binding, options);
  addPostEvents(api, services, options);
  addResumableUploads(api, services, options);
  addUploadUrls(api, services, options);
}

/** Session routes: on the app's host, for its own pages, never cached. */
async function addSessionApi(own: FastifyInstance, services: Services, options: BindOptions): Promise<void> {
  requireAppHost(own, services.settings);
  own.addHook("onRequest", async (_request, reply) => void reply.header("cache-control", "no-store"));
  for (const binding of BINDINGS.filter(({ operation }) => operation.auth === "session"))
    addRoute(own, services, binding, options);
}

/** Routes for operator keys: on the API's host, for programs, never from a web page and never cached. */
async function addAdminApi(admin: FastifyInstance, services: Services, options: BindOptions): Promise<void> {
  requireApiHost(admin, services.settings);
  admin.addHook("onRequest", async (_request, reply) => void reply.header("cache-control", "no-store"));
  for (const binding of BINDINGS.filter(({ operation }) => operation.auth === "operator"))
    addRoute(admin, services, binding, options);
}

const EXPOSED_HEADERS = [
  "X-Request-Id",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "Retry-After",
  "ETag",
  "Idempotency-Replayed",
  "Preference-Applied",
  "Deprecation",
  "Link",
];

/** Every response has its ID, and every request is logged once, when it is completed. */
function addRequestLog(app: FastifyInstance, { log }: Pick<Services, "log">, { observe }: HttpOptions): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    const seconds = reply.elapsedTime / 1000;
    observe?.({ method: request.method, route, status: reply.statusCode, seconds });
    log.debug({ requestId: request.id, method: request.method, route, status: reply.statusCode, seconds }, "answered");
    if (!request.raw.complete) giveUpOnRest(request.raw);
    done();
  });
}

/** The rest of a rejected request is read and discarded for a while, so that the client receives the error. */
function giveUpOnRest(request: IncomingMessage): void {
  const timer = setTimeout(() => request.destroy(), 10_000);
  timer.unref();
  request.once("close", () => clearTimeout(timer));
  // An earlier reader releases it at the end of this turn.
  setImmediate(() => request.unpipe().resume());
}

/** Bodies are read in one place, after the key has been checked: see `readBody`. */
function readBodiesOurselves(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
}
