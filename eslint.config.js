import tseslint from "typescript-eslint";

import { PLATFORM_NAMES } from "./model/platform-names.ts";

const ONE_DOOR =
  "Requests go through platforms/kit/http.ts (platforms) or platforms/kit/guarded-fetch.ts (addresses that users name), which validate, bound and redact them: an address that is fetched past them can lead into the operator's network.";

const platformByName = {
  selector: `Literal[value=/^(${PLATFORM_NAMES.join("|")})$/]`,
  message:
    "A platform is known by name in model/ and platforms/ only; elsewhere ask its definition, so that a new platform is one folder.",
};

const pattern = ":matches(NewExpression, CallExpression)[callee.name='RegExp']";

/** Of `no-restricted-syntax` the last entry that fits a file counts: each has to name all that holds there. */
const patternRules = [
  `${pattern}:not([arguments.0.type=/^(Literal|TemplateLiteral)$/])`,
  `${pattern} > TemplateLiteral > :not(TemplateElement, Identifier[name=/^[A-Z0-9_]+$/])`,
  // Under another name, nobody sees what it is given.
  ":not(NewExpression, CallExpression, TSTypeReference, BinaryExpression[operator='instanceof']) > Identifier[name='RegExp']",
  "CallExpression > Identifier.arguments[name='RegExp']",
  "MemberExpression[computed=true] > Literal[value='RegExp']",
  "CallExpression[callee.property.name=/^(match|matchAll|search)$/][arguments.length=1]:not([arguments.0.regex]):not([arguments.0.name=/^[A-Z0-9_]+$/])",
].map((selector) => ({
  selector,
  message:
    "A pattern is made of literals and constants in capitals: one that is made of what somebody sends can take hours. Compare texts with platforms/kit/find.ts.",
}));

const SENDS = "/^(node:)?(http|https|http2|net|tls|dgram)$|^undici/";

/** What the rules of imports do not see: modules that are loaded while the program runs. */
const oneDoor = {
  meta: { type: "problem", schema: [] },
  create: (context) =>
    Object.fromEntries(
      [
        `ImportExpression[source.value=${SENDS}]`,
        `ImportExpression[source.quasis.0.value.cooked=${SENDS}]`,
        "ImportExpression[source.value=/node-http\\.ts$/]",
        `CallExpression[arguments.0.value=${SENDS}]:matches([callee.name='require'], [callee.callee.name='createRequire'])`,
        "Identifier[name='getBuiltinModule']",
        "Literal[value='getBuiltinModule']",
      ].map((selector) => [selector, (node) => context.report({ node, message: ONE_DOOR })]),
    ),
};

/**
 * Which way imports may point is held by `.dependency-cruiser.js`, and what is done with promises by `.oxlintrc.json`,
 * whose linter knows types. Every rule here says why it is there.
 */
export default tseslint.config(
  { ignores: ["node_modules/", ".data/", "client/index.d.ts", "dist/"] }, // the client's types are printed from the code beside it
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strict],
    linterOptions: { reportUnusedDisableDirectives: "error", noInlineConfig: true }, // a rule that can be switched off in place is no rule
    rules: {
      "@typescript-eslint/no-explicit-any": "error", // unknown input is `unknown` until it is parsed
      "@typescript-eslint/consistent-type-imports": "error", // types are stripped, so a type imported as a value fails at run time
      "@typescript-eslint/no-non-null-assertion": "error", // `!` is a claim nobody checks
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none" },
      ],
      "@typescript-eslint/no-dynamic-delete": "off",
      "no-warning-comments": ["error", { terms: ["oxlint-disable"], location: "anywhere" }], // as above, for .oxlintrc.json
      eqeqeq: "error",
      "no-console": "error", // what is said goes through the log, which redacts
    },
  },
  {
    files: ["model/**/*.ts", "sandbox/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", ...patternRules] },
  },
  {
    files: [
      "contract/**/*.ts",
      "printing/**/*.ts",
      "server/**/*.ts",
      "client/**/*.ts",
      "cli/**/*.ts",
      "dashboard/**/*.{ts,tsx}",
    ],
    ignores: ["**/*.test.ts", "client/types.ts"], // that one is printed from the definitions
    rules: {
      "no-restricted-syntax": ["error", platformByName, ...patternRules],
    },
  },
  {
    files: ["server/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        platformByName,
        ...patternRules,
        ...[
          "ArrayExpression >",
          "ArrayExpression > ConditionalExpression >",
          "ArrayExpression > LogicalExpression >",
        ].map((place) => ({
          selector: `${place} CallExpression[callee.object.name="JSON"][callee.property.name="stringify"]`,
          message:
            "A statement's value becomes JSON by jsonb() of server/db/jsonb.ts: PostgreSQL refuses NUL and half characters, which others may have sent.",
        })),
      ],
    },
  },
  {
    files: ["platforms/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...patternRules,
        {
          selector: 'CallExpression[callee.property.name="slice"][callee.object.callee.name="redact"]',
          message:
            "What a platform said is cut by cutText() of model/cut-text.ts, which never leaves half a character.",
        },
      ],
    },
  },
  {
    files: ["model/**/*.ts", "contract/**/*.ts", "platforms/**/*.ts", "server/**/*.ts", "sandbox/**/*.ts"],
    ignores: [
      "**/*.test.ts",
      "**/*.fixture.ts",
      "platforms/conformance/**",
      "platforms/kit/**", // the two doors themselves
      "model/node-http.ts", // loads it for the next one
      "server/http/pages/sandbox-door.ts", // asks the sandbox alone, at the operator's own address
    ],
    plugins: { ampost: { rules: { "one-door": oneDoor } } },
    rules: {
      "ampost/one-door": "error",
      "no-restricted-globals": [
        "error",
        ...["fetch", "WebSocket", "EventSource"].map((name) => ({ name, message: ONE_DOOR })),
      ],
      "no-restricted-properties": [
        "error",
        ...["globalThis", "global"].flatMap((object) =>
          ["fetch", "WebSocket", "EventSource"].map((property) => ({ object, property, message: ONE_DOOR })),
        ),
      ],
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            { regex: "^undici/", message: ONE_DOOR },
            { regex: "/node-http\\.ts$", importNames: ["request"], message: ONE_DOOR },
          ],
          paths: [
            { name: "undici", message: ONE_DOOR },
            ...[
              ["http", "get", "request", "Agent", "ClientRequest"],
              ["https", "get", "request", "Agent"],
              ["http2", "connect"],
              ["net", "connect", "createConnection", "Socket"],
              ["tls", "connect", "TLSSocket"],
              ["dgram", "createSocket"],
            ].flatMap(([name, ...importNames]) =>
              [name, `node:${name}`].map((module) => ({
                name: module,
                importNames: [...importNames, "default"],
                allowTypeImports: true,
                message: ONE_DOOR,
              })),
            ),
          ],
        },
      ],
    },
  },
  {
    files: [
      "cli/**/*.ts",
      "bench/**/*.ts",
      "tests/run.ts",
      "tests/checks.ts",
      "printing/**/*.ts",
      "packing/**/*.ts",
      "ops/**/*.ts",
      "dashboard/build.ts",
    ],
    rules: { "no-console": "off" }, // their output is what they are for
  },
);
