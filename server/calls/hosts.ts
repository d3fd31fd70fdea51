import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { refuseRequest } from "./refusals.ts";

/** One process serves two hosts: the API's, and the app's with dashboard and OAuth. Locally they are one. */
export type Host = "both" | "app" | "api";

export interface HostUrls {
  apiUrl: string;
  appUrl: string;
}

/** Says the face of a request, by its Host header: that of the app's URL is the app, any other the API. */
export function hostResolver({ apiUrl, appUrl }: HostUrls): (request: FastifyRequest) => Host {
  const appHost = new URL(appUrl).host;
  if (appHost === new URL(apiUrl).host) return () => "both";
  return (request) => (request.headers.host?.toLowerCase() === appHost ? "app" : "api");
}

/** Keys still work for public API paths on the app's host, whose responses name their new location. */
export function addDeprecationHeaders(scope: FastifyInstance, urls: HostUrls): void {
  const hostOf = hostResolver(urls);
  scope.addHook("onRequest", (request, reply, done) => {
    if (hostOf(request) === "app" && request.headers.authorization !== undefined)
      sendDeprecationHeaders(reply, urls, request.url);
    done();
  });
}

/** Adds headers that mark an endpoint as deprecated and name its replacement. */
export function sendDeprecationHeaders(reply: FastifyReply, { apiUrl }: Pick<HostUrls, "apiUrl">, path: string): void {
  reply.header("deprecation", "true").header("link", `<${apiUrl}${path}>; rel="successor-version"`);
}

/** Pages and session routes are not to be had on the API's host. */
export function requireAppHost(scope: FastifyInstance, urls: HostUrls): void {
  refuseHost(scope, urls, "api");
}

/** The operator's routes are not to be had on the app's host. */
export function requireApiHost(scope: FastifyInstance, urls: HostUrls): void {
  refuseHost(scope, urls, "app");
}

function refuseHost(scope: FastifyInstance, urls: HostUrls, host: Host): void {
  const hostOf = hostResolver(urls);
  scope.addHook("onRequest", async (request) => {
    if (hostOf(request) === host)
      throw refuseRequest(
        "request.route",
        "Page not found",
        "Check the method and path in the documentation.",
        "NOT_FOUND",
      );
  });
}
