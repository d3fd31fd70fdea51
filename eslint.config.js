import tseslint from "typescript-eslint";

const platformNames = "instagram|facebook|twitter|linkedin|tiktok|youtube|threads";

/** Which way imports may point is held by `.dependency-cruiser.js`. Every rule here says why it is there. */
export default tseslint.config(
  { ignores: ["node_modules/", ".data/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error", noInlineConfig: true }, // a rule that can be switched off in place is no rule
    rules: {
      "@typescript-eslint/no-explicit-any": "error", // unknown input is `unknown` until it is parsed
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: [{ from: "package", name: ["test", "suite", "describe", "it", "before", "after"], package: "node:test" }] }], // a lost promise is a lost error
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error", // types are stripped, so a type imported as a value fails at run time
      "@typescript-eslint/no-non-null-assertion": "error", // `!` is a claim nobody checks
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none" }],
      "@typescript-eslint/no-dynamic-delete": "off",
      eqeqeq: "error",
      "no-console": "error", // what is said goes through the log, which redacts
    },
  },
  {
    files: ["contract/**/*.ts", "server/**/*.ts", "client/**/*.ts", "cli/**/*.ts", "dashboard/**/*.ts"],
    ignores: ["**/*.test.ts", "client/types.ts"], // that one is printed from the definitions
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: `Literal[value=/^(${platformNames})$/]`,
          message: "A platform is known by name in model/ and platforms/ only; elsewhere ask its definition, so that a new platform is one folder.",
        },
      ],
    },
  },
  {
    files: ["model/**/*.ts", "contract/**/*.ts", "platforms/**/*.ts", "server/**/*.ts", "client/**/*.ts"],
    ignores: ["**/*.test.ts", "platforms/kit/**", "platforms/conformance/**", "platforms/*/sandbox/**", "server/media/**", "server/http/**", "client/**"],
    rules: {
      "no-restricted-globals": ["error", { name: "fetch", message: "Requests go through platforms/kit/http.ts (platforms) or server/media/guarded-fetch.ts (URLs users give), which bound and redact them." }],
      "no-restricted-imports": [
        "error",
        {
          paths: ["undici", "node:http", "node:https", "node:net", "http", "https"].map((name) => ({
            name,
            message: "Requests go through platforms/kit/http.ts (platforms) or server/media/guarded-fetch.ts (URLs users give), which bound and redact them.",
          })),
        },
      ],
    },
  },
  {
    files: ["cli/**/*.ts", "bench/**/*.ts", "tests/run.ts", "tests/reporter.ts", "docs/**/*.ts"],
    rules: { "no-console": "off" }, // their output is what they are for
  },
);
