import { registerHooks } from "node:module";

/** Preloaded into a process that must not load tracing. The API package alone is small; others load it too. */
registerHooks({
  resolve(specifier, context, next) {
    if (/^@opentelemetry\/(?!api$)|^@fastify\/otel/.test(specifier)) throw new Error(`${specifier} is loaded`);
    return next(specifier, context);
  },
});
