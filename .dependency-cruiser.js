/** Imports flow one way: a file imports only from rows below its own. Each rule says why it is there. */

const tests = "\\.test\\.ts$|^platforms/conformance/";

/** A row of the house: what lies in it, and what it must not import. */
function row(name, from, forbidden, comment, pathNot = tests) {
  return { name, severity: "error", comment, from: { path: from, pathNot }, to: { path: forbidden } };
}

const skins = "^server/(http|mcp)/";
const calls = "^server/calls/";
const domain = "^server/domain/";
const engine = "^server/(publishing|jobs)/";
const services = "^server/(oauth|auth|mail|media)/";
const memory = "^server/(db|storage|vault|turns)/";
const start = "^server/start/";
const outside = "^(cli|tests|bench|sandbox|client)/";

/** Rooms of one row that do not import one another. */
function apart(name, rooms, comment) {
  const from = { path: rooms, pathNot: tests };
  return { name, severity: "error", comment, from, to: { path: rooms, pathNot: "^server/$1/" } };
}

export default {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      comment: "A circle has no bottom: neither file can be read first.",
      from: { pathNot: "^node_modules" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "not-to-dev-dependency",
      severity: "error",
      comment: "What ships must run after an install without development packages.",
      from: {
        path: "^(model|platforms|contract|printing|server|sandbox|client|cli)/",
        pathNot: `${tests}|^printing/generate\\.ts$`,
      },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "@types" },
    },
    row(
      "model-imports-nothing",
      "^model/",
      "^(platforms|contract|printing|server|client|sandbox|cli|tests|bench)/",
      "The words stand by themselves: everything else is explained in them.",
    ),
    {
      name: "catalog-is-pure",
      severity: "error",
      comment: "The pure half of a platform runs in a browser, so it must not reach network code, however far away.",
      from: { path: "^platforms/catalog\\.ts$" },
      to: {
        path: "^(contract|server|client|sandbox|cli|tests)/|^platforms/kit/(http|transport|guarded-fetch|meta/)|^platforms/[a-z]+/(broker|wire|api|errors|oauth|upload|status|reconcile)\\.ts$",
        reachable: true,
      },
    },
    row(
      "what-judges-is-pure",
      "^platforms/(validate/[a-z-]+|describe|[a-z]+/(definition|capabilities|settings|rules|examples))\\.ts$",
      "^(contract|server|client|sandbox|cli|tests)/|^platforms/kit/(http|meta/)|^platforms/[a-z]+/(broker|wire|api|errors)\\.ts$",
      "Posts are judged where there is no network.",
    ),
    {
      name: "a-platform-knows-no-other",
      severity: "error",
      comment: "What two platforms share lies in the kit; a folder can be taken away or added by itself.",
      from: { path: "^platforms/([a-z]+)/", pathNot: "^platforms/(kit|conformance|validate)/" },
      to: { path: "^platforms/[a-z]+/", pathNot: "^platforms/($1|kit|conformance|validate)/" },
    },
    {
      name: "a-platform-is-asked-by-the-registry",
      severity: "error",
      comment: "Everybody else asks catalog.ts or index.ts, so that a new platform is a folder and three lines.",
      from: {
        path: "^(?!platforms/[a-z]+/)|^platforms/(kit|conformance|validate)/",
        pathNot: "^platforms/(registry|definitions)\\.ts$|\\.(test|fixture)\\.ts$|^(tests|bench)/",
      },
      to: { path: "^platforms/(?!kit/|conformance/|validate/)[a-z]+/(?!sandbox/)" },
    },
    row(
      "platforms-stand-below-the-server",
      "^platforms/",
      "^(contract|printing|server|client|cli|tests|bench)/",
      "A platform knows its network, not the product around it.",
    ),
    row(
      "a-sandbox-shares-no-belief-with-its-broker",
      "^platforms/[a-z]+/sandbox/",
      "^platforms/([a-z]+/(broker|wire|errors|oauth|capabilities|rules|settings|definition|index)|kit/)",
      "Two readings of the same page catch what one would hide.",
    ),
    row(
      "sandbox-stands-beside-the-stack",
      "^sandbox/",
      "^(contract|server|client|cli)/|^platforms/(?![a-z]+/sandbox/|kit/(guarded-fetch|addresses)\\.ts$)",
      "The sandbox stands for the platforms; it must not share the product's beliefs. The door to addresses that users name is no belief about a platform.",
    ),
    row(
      "contract-is-a-promise",
      "^contract/",
      "^(printing|server|client|sandbox|cli)/|/(broker|wire)\\.ts$",
      "What is promised does not depend on how it is done.",
    ),
    row(
      "what-is-printed-follows-from-declarations",
      "^(printing|integrations)/",
      "^(server|client|sandbox|cli|tests|bench)/",
      "Documentation says what is promised, which the server is held to.",
      `${tests}|^printing/(generate|readme)\\.ts$`,
    ),
    row(
      "memory-knows-nobody",
      memory,
      `${skins}|${calls}|${domain}|${engine}|${services}|${start}|${outside}`,
      "Rows and bytes are kept the same whoever asks.",
    ),
    row(
      "services-below-engine",
      services,
      `${skins}|${calls}|${domain}|${engine}|${start}|${outside}`,
      "Tokens and media serve the engine and the verbs, not the other way round.",
    ),
    apart(
      "services-stand-side-by-side",
      services,
      "What one of them needs of another is handed to it, so that each can be read alone.",
    ),
    row(
      "engine-below-domain",
      engine,
      `${skins}|${calls}|${domain}|${start}|${outside}`,
      "What happens after the request must not need the request.",
    ),
    row(
      "domain-below-calls",
      domain,
      `${skins}|${calls}|${start}|${outside}`,
      "A verb means the same however it is called.",
    ),
    row(
      "calls-below-skins",
      calls,
      `${skins}|${start}|${outside}`,
      "Who calls, with what key, how often: the same over every skin.",
    ),
    row(
      "skins-below-start",
      skins,
      `${start}|${outside}`,
      "A skin is put together by the start and puts nothing together.",
    ),
    apart("skins-stand-side-by-side", skins, "REST and pages know nothing of MCP, nor MCP of them."),
    row("server-below-outside", "^server/", outside, "The server does not know who calls it."),
    row(
      "client-commands-are-clients",
      "^cli/remote/",
      "^(server|contract|platforms|sandbox)/",
      "Commands that go over HTTP do what any other client can, and nothing else.",
    ),
    row(
      "client-goes-over-http",
      "^client/",
      "^(server|platforms|sandbox|cli)/",
      "The client reaches the server over HTTP only, so that it can be published by itself.",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|\\.data)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js"] },
  },
};
