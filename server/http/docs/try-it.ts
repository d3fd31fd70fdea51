import fastify from "fastify";

import { html, toMarkup } from "../html.ts";
import { ICON } from "../icon.ts";

/** Sends requests from the browser, with Scalar, which is served from here like everything else. */
export const TRY_IT = "/docs/try";
export const TRY_IT_SCRIPT = `${TRY_IT}/scalar.js`;
export const TRY_IT_START = `${TRY_IT}/start.js`;

/** Scalar creates styles at run time and sends the user's requests to the API. Nothing is loaded from elsewhere. */
export function tryItPolicy(apiUrl: string): string {
  return (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data: blob:; " +
    `font-src data:; connect-src 'self' ${apiUrl}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`
  );
}

export function tryItPage(): string {
  return toMarkup(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <title>Try it · Ampost docs</title>
          <link rel="icon" href="${ICON}" />
          <script defer src="${TRY_IT_SCRIPT}"></script>
          <script defer src="${TRY_IT_START}"></script>
        </head>
        <body>
          <noscript
            >This page requires JavaScript. <a href="/docs/api">All endpoints</a> has the same without
            scripts.</noscript
          >
          <main id="app"></main>
        </body>
      </html> `,
  );
}

/** The script that starts it. */
export function tryItStart(): string {
  const settings = {
    url: "/openapi.json",
    telemetry: false,
    withDefaultFonts: false,
    showDeveloperTools: "never",
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    persistAuth: false,
    authentication: { preferredSecurityScheme: "apiKey" },
  };
  return `Scalar.createApiReference("#app", ${JSON.stringify(settings)});\n`;
}

/** Scalar's bundle. Its package provides it only through a route, so it is fetched from there, once. */
export async function readScalar(): Promise<string> {
  const { default: scalar } = await import("@scalar/fastify-api-reference");
  const shelf = fastify();
  try {
    await shelf.register(scalar, { routePrefix: "/reference", configuration: { url: "/openapi.json" } });
    const { statusCode, body } = await shelf.inject("/reference/js/scalar.js");
    if (statusCode !== 200) throw new Error(`Scalar's package answered ${statusCode} for its script`);
    return body;
  } finally {
    await shelf.close();
  }
}
