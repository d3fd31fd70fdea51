const never = () => () => {
  throw new Error("Routes have no schemas of Fastify's");
};

/** Requests are checked against the contract, so Fastify need not load its own compilers of schemas. */
export const NO_SCHEMAS = { compilersFactory: { buildValidator: never, buildSerializer: never } };
