/** Imports flow one way: a file imports only from rows below its own. Each rule has its reason. */

const tests = "\\.test\\.tsx?$|^platforms/conformance/";

/** A row: its files, and what they must not import. */
function row(name, from, forbidden, comment, pathNot = tests) {
  return { name, severity: "error", comment, from: { path: from, pathNot }, to: { path: forbidden } };
}

const interfaces = "^server/(http|mcp)/";
const calls = "^server/calls/";
const domain = "^server/domain/";
const engine = "^server/(publishing|jobs)/";
const services = "^server/(oauth|auth|mail|media|billing)/";
const storage = "^server/(db|storage|vault|turns)/";
const start = "^server/start/";
const clients = "^(cli|tests|bench|sandbox|client|dashboard)/";

/** Folders of the same row that must not import each other. */
function independent(name, rooms, comment) {
  const from = { path: rooms, pathNot: tests };
  return { name, severity: "error", comment, from, to: { path: rooms, pathNot: "^server/$1/" } };
}

export default {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      comment: "In a cycle, no file can be read first.",
      from: { pathNot: "^node_modules" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "not-to-dev-dependency",
      severity: "error",
      comment: "Production code must run without development dependencies.",
      from: {
        path: "^(model|platforms|contract|printing|packing|server|sandbox|client|cli)/",
        pathNot: `${tests}|^printing/generate\\.ts$|^packing/(declarations|common-js)\\.ts$`,
      },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "@types" },
    },
    row(
      "model-imports-nothing",
      "^model/",
      "^(platforms|contract|printing|server|client|sandbox|cli|tests|bench)/",
      "Everything else builds on these types.",
    ),
    {
      name: "catalog-is-pure",
      severity: "error",
      comment: "The pure half of a platform runs in a browser, so it must not reach network code, even indirectly.",
      from: { path: "^platforms/catalog\\.ts$" },
      to: {
        path: "^(contract|server|client|sandbox|cli|tests)/|^platforms/kit/(http|transport|guarded-fetch|meta/)|^platforms/[a-z]+/(broker|wire|api|errors|oauth|upload|status|reconcile)\\.ts$",
        reachable: true,
      },
    },
    row(
      "validation-is-pure",
      "^platforms/(validate/[a-z-]+|describe|[a-z]+/(definition|capabilities|settings|rules|scopes|examples|card|preview))\\.ts$",
      "^(contract|server|client|sandbox|cli|tests)/|^platforms/kit/(http|meta/)|^platforms/[a-z]+/(broker|wire|api|errors)\\.ts$",
      "Validation runs without a network.",
    ),
    {
      name: "no-imports-between-platforms",
      severity: "error",
      comment: "Code that platforms share is in the kit, so that a platform can be added or removed on its own.",
      from: { path: "^platforms/([a-z]+)/", pathNot: "^platforms/(kit|conformance|validate)/" },
      to: { path: "^platforms/[a-z]+/", pathNot: "^platforms/($1|kit|conformance|validate)/" },
    },
    {
      name: "platforms-only-through-the-registry",
      severity: "error",
      comment: "All other code uses catalog.ts or index.ts, so that a new platform is a folder and three lines.",
      from: {
        path: "^(?!platforms/[a-z]+/)|^platforms/(kit|conformance|validate)/",
        pathNot: "^platforms/(registry|definitions)\\.ts$|\\.(test|fixture)\\.ts$|^(tests|bench)/",
      },
      to: { path: "^platforms/(?!kit/|conformance/|validate/)[a-z]+/(?!sandbox/)" },
    },
    row(
      "platforms-below-server",
      "^platforms/",
      "^(contract|printing|server|client|cli|tests|bench)/",
      "A platform knows its network, not the product around it.",
    ),
    row(
      "sandbox-independent-of-broker",
      "^platforms/[a-z]+/sandbox/",
      "^platforms/([a-z]+/(broker|wire|errors|oauth|capabilities|rules|settings|definition|preview|index)|kit/(?!card/))",
      "A mistake in reading the documentation shows up only if the two are written independently.",
    ),
    row(
      "sandbox-independent-of-product",
      "^sandbox/",
      "^(contract|server|client|cli)/|^platforms/(?![a-z]+/sandbox/|kit/(card/|(guarded-fetch|addresses)\\.ts$))",
      "The sandbox simulates the platforms and must not share the product's assumptions about them. How a post looks, and guarding requests to user-provided URLs, are no such assumptions.",
    ),
    row(
      "contract-independent-of-implementation",
      "^contract/",
      "^(printing|server|client|sandbox|cli)/|/(broker|wire)\\.ts$",
      "The contract does not depend on its implementation.",
    ),
    row(
      "printing-only-from-declarations",
      "^(printing|integrations)/",
      "^(server|client|sandbox|cli|tests|bench)/",
      "Documentation describes the contract, not the implementation.",
      `${tests}|^printing/(generate|readme|sandbox-readme)\\.ts$`,
    ),
    row(
      "packing-only-reads",
      "^packing/",
      "^(model|platforms|contract|printing|server|client|sandbox|cli|tests|bench)/",
      "A package is made of files, which packing reads and never runs.",
    ),
    row(
      "storage-below-its-users",
      storage,
      `${interfaces}|${calls}|${domain}|${engine}|${services}|${start}|${clients}`,
      "Storage does not depend on who uses it.",
    ),
    row(
      "services-below-engine",
      services,
      `${interfaces}|${calls}|${domain}|${engine}|${start}|${clients}`,
      "The engine and the use cases depend on tokens and media, not the other way around.",
    ),
    independent(
      "no-imports-between-services",
      services,
      "A service gets what it needs from another passed in, so that each can be read on its own.",
    ),
    row(
      "engine-below-domain",
      engine,
      `${interfaces}|${calls}|${domain}|${start}|${clients}`,
      "Work after the request must not depend on the request.",
    ),
    row(
      "domain-below-calls",
      domain,
      `${interfaces}|${calls}|${start}|${clients}`,
      "A use case does the same thing however it is called.",
    ),
    row(
      "calls-below-interfaces",
      calls,
      `${interfaces}|${start}|${clients}`,
      "Authentication and limits are the same for every interface.",
    ),
    row(
      "interfaces-below-start",
      interfaces,
      `${start}|${clients}`,
      "Interfaces are wired by start and wire nothing themselves.",
    ),
    independent(
      "no-imports-between-interfaces",
      interfaces,
      "REST and the pages do not know MCP, and MCP does not know them.",
    ),
    row("server-below-clients", "^server/", clients, "The server does not know who calls it."),
    row(
      "remote-commands-only-use-the-client",
      "^cli/remote/",
      "^(server|contract|platforms|sandbox)/",
      "Remote commands can do only what any other client can.",
    ),
    row(
      "dashboard-uses-the-api",
      "^dashboard/",
      "^(server|sandbox|cli|printing|tests|bench)/",
      "The dashboard can do only what the API offers to everybody.",
    ),
    row(
      "client-only-uses-http",
      "^client/",
      "^(server|platforms|sandbox|cli|dashboard)/",
      "The client uses only HTTP, so that it can be published separately.",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|\\.data|dashboard/dist)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".js"] },
  },
};
