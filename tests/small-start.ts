import { registerHooks } from "node:module";

/**
 * Preloaded into processes that must not load what only some requests and jobs need: of OpenTelemetry, others load the
 * API package alone. An `import` of Node's HTTP also loads its `fetch`; see node-http.ts.
 */
const LATER =
  /^(@opentelemetry\/(?!api$)|@fastify\/otel|undici|mediabunny|sharp|file-type|better-auth|nodemailer|stripe|@aws-sdk\/|@modelcontextprotocol\/|marked|highlight\.js|minisearch|yaml|csv-parse)/;

registerHooks({
  resolve(specifier, context, next) {
    const isImported = context.conditions.includes("import");
    if (LATER.test(specifier) || (isImported && specifier === "node:http")) throw new Error(`${specifier} is loaded`);
    return next(specifier, context);
  },
});
