import { OPERATIONS } from "../contract/index.ts";
import { openApi, type JsonObject } from "../contract/openapi/openapi.ts";
import { type Operation, takesKey } from "../contract/operation.ts";
import { followReference, membersOf, namedSchemas, queryOf } from "./client-types.ts";
import { createPythonTypes, docstring, type PythonTypes } from "./python-types.ts";
import { methodOf } from "./samples.ts";

const HEAD = "# Printed from the contract by `npm run generate`. Change that, not this.";

/** `client/python/ampost/types.py`: what the API accepts and returns. */
export function pythonTypes(): string {
  const { types } = pythonApi();
  return [
    HEAD,
    '"""What the API accepts and returns, field by field."""',
    "",
    "from __future__ import annotations",
    "",
    "from typing import Any, Literal, NotRequired, TypedDict",
    "",
    types.declarations().join("\n\n\n"),
    "",
  ].join("\n");
}

/** `client/python/ampost/_client.py`: a method for every operation that accepts a key, for threads and for asyncio. */
export function pythonClient(): string {
  const groups = [...Map.groupBy(pythonApi().methods, ({ group }) => group)];
  return [
    HEAD,
    '"""The client: a method for every operation of the API that accepts a key."""',
    "",
    "from __future__ import annotations",
    "",
    "import random as randomness",
    "import time",
    "from collections.abc import AsyncIterator, Callable, Iterator, Sequence",
    "from typing import Any",
    "",
    "from . import types",
    "from ._connection import AsyncConnection, Connection, every_item, every_page, path_of",
    "from ._events import AsyncPostEvents, PostEvents",
    "from ._uploads import Source, upload",
    "",
    ...groups.flatMap(([group, methods]) => [
      ...groupClass(group, methods, false),
      ...groupClass(group, methods, true),
    ]),
    ...clientClass(groups.map(([group]) => group)),
  ].join("\n");
}

/** A method, as far as both kinds of clients share it. */
interface PythonMethod {
  group: string;
  name: string;
  operation: Operation;
  /** Its parameters after `self`; an asterisk begins those that are named. */
  parameters: string[];
  answer: string;
  /** The arguments of the request after its method. */
  request: string[];
  /** How its items are listed one by one; null if it is not a list with pages. */
  pages: { member: string; item: string; byCursor: boolean } | null;
}

function pythonApi(): { types: PythonTypes; methods: PythonMethod[] } {
  const document = openApi({ apiUrl: "http://localhost:3000", appUrl: "http://localhost:3000", version: "0" });
  const types = createPythonTypes(document);
  for (const [name, schema] of namedSchemas(document)) types.declare(schema, name);
  const methods = OPERATIONS.filter(isOffered).map((operation) => pythonMethod(document, types, operation));
  return { types, methods };
}

function isOffered({ auth = "key", successor, path }: Operation): boolean {
  return auth === "operator" || (auth !== "session" && successor === undefined && path.startsWith("/api/v1/"));
}

function pythonMethod(document: JsonObject, types: PythonTypes, operation: Operation): PythonMethod {
  const [group = "", name = ""] = methodOf(operation).split(".");
  const { path, takes, waits, status, streams } = operation;
  const writes = takesKey(operation);
  const described = membersOf(
    membersOf(membersOf(document.paths)[path.replaceAll(/:(\w+)/g, "{$1}")])[operation.method.toLowerCase()],
  );
  const camel = operation.name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const within = (value: unknown, ...steps: string[]) =>
    steps.reduce((inside: unknown, step) => followReference(document, membersOf(inside)[step]), value);
  const response = membersOf(within(described, "responses", String(status)));
  const hasEtag = "ETag" in membersOf(response.headers);
  const json = (value: unknown) => membersOf(within(value, "content", "application/json", "schema"));

  const body = json(described.requestBody);
  const hasBody = Object.keys(membersOf(body.properties)).length > 0 || Array.isArray(body.anyOf);
  const query = queryOf(document, described);
  const hasQuery = Object.keys(membersOf(query.properties)).length > 0;
  const ids = [...path.matchAll(/:(\w+)/g)].map(([, id = ""]) => id);
  const has = (header: string) =>
    [described.parameters].flat().some((each) => membersOf(followReference(document, each)).name === header);
  const bodyType = hasBody ? `types.${types.typeOf(body, `${camel}Body`)}` : "";
  const filterType = hasQuery ? `types.${types.typeOf(query, `${camel}Filter`)}` : "";
  const named = [
    ...(takes === "multipart" ? ["files: Sequence[tuple[str, bytes]] = ()"] : []),
    ...(has("If-Match") ? ["if_match: str | None = None"] : []),
    ...(waits === true ? ["wait_seconds: float | None = None"] : []),
    ...(writes ? ["idempotency_key: str | None = None"] : []),
  ];
  const answer = streams === true ? {} : withEtag(json(response), hasEtag);
  const members = Object.keys(membersOf(answer.properties)).filter((member) => member !== "etag");
  const list = members.find((member) => membersOf(within(answer, "properties", member)).type === "array");
  const first = members.length === 1 ? types.typeOf(within(answer, "properties", members[0] ?? ""), "") : "";
  const single = /^[A-Z]\w+$/.test(first) && first !== "Any" ? `${first}Answer` : `${camel}Answer`;
  const filter = membersOf(query.properties);
  return {
    group,
    name,
    operation,
    parameters: [
      ...ids.map((id) => `${pythonName(id)}: ${id === "platform" ? "types.Platform" : "str"}`),
      ...(hasBody ? [takes === "optional" ? `body: ${bodyType} | None = None` : `body: ${bodyType}`] : []),
      ...(hasQuery ? [`filter: ${filterType} | None = None`] : []),
      ...(named.length > 0 ? ["*", ...named] : []),
    ],
    answer: streams === true ? "PostEvents" : `types.${types.typeOf(answer, single)}`,
    request: [
      ids.length === 0
        ? JSON.stringify(path)
        : `path_of(${JSON.stringify(path.replaceAll(/:\w+/g, "{}"))}, ${ids.map(pythonName).join(", ")})`,
      ...(hasQuery ? ["query=filter"] : []),
      ...(hasBody ? [takes === "optional" ? "body=body or {}" : "body=body"] : takes === "none" ? [] : ["body={}"]),
      ...(writes ? ["writes=True"] : []),
      ...named.map((parameter) => parameter.split(":")[0] ?? "").map((each) => `${each}=${each}`),
      ...(hasEtag ? ["etag=True"] : []),
    ],
    pages:
      list === undefined || filter.limit === undefined || filter.offset === undefined
        ? null
        : {
            member: list,
            item: `types.${types.typeOf(membersOf(within(answer, "properties", list)).items, "")}`,
            byCursor: filter.cursor !== undefined,
          },
  };
}

/** The ETag is a header, which has no other place in the result. */
function withEtag(answer: JsonObject, hasEtag: boolean): JsonObject {
  if (!hasEtag) return answer;
  const etag = { anyOf: [{ type: "string" }, { type: "null" }], description: "Pass it as `if_match` to an update." };
  const required = Array.isArray(answer.required) ? answer.required : [];
  return { ...answer, properties: { ...membersOf(answer.properties), etag }, required: [...required, "etag"] };
}

function groupClass(group: string, methods: readonly PythonMethod[], isAsync: boolean): string[] {
  const connection = isAsync ? "AsyncConnection" : "Connection";
  return [
    "",
    `class ${isAsync ? "Async" : ""}${upper(group)}:`,
    `    def __init__(self, connection: ${connection}) -> None:`,
    "        self._connection = connection",
    ...methods.flatMap((method) => [
      ...requestMethod(method, isAsync),
      ...(method.pages === null ? [] : iterateMethod(method, method.pages, isAsync)),
    ]),
    ...(group === "media" ? uploadMethod(isAsync) : []),
    "",
  ];
}

function requestMethod({ name, operation, parameters, answer, request }: PythonMethod, isAsync: boolean): string[] {
  const about = docstring(`${operation.summary}. ${operation.description}`.trim(), "        ");
  if (operation.streams === true) {
    const events = `${isAsync ? "Async" : ""}PostEvents`;
    return [
      "",
      ...signature(name, parameters, events),
      ...about,
      `        return ${events}(self._connection, ${request[0] ?? ""})`,
    ];
  }
  return [
    "",
    ...signature(name, parameters, answer, isAsync),
    ...about,
    ...callLines(`        return ${isAsync ? "await " : ""}self._connection.call`, [
      `"${operation.method}"`,
      ...request,
    ]),
  ];
}

function iterateMethod(
  { name, operation, parameters, request }: PythonMethod,
  { member, item, byCursor }: NonNullable<PythonMethod["pages"]>,
  isAsync: boolean,
): string[] {
  const own = parameters.filter((parameter) => !parameter.startsWith("*"));
  const call = isAsync ? "self._connection.blocking.call" : "self._connection.call";
  const page = `lambda page: ${call}("${operation.method}", ${request[0] ?? ""}, query=page)`;
  const given = "filter or {}";
  const items = byCursor ? `every_page(${page}, "${member}", ${given})` : `every_item(${page}["${member}"], ${given})`;
  return [
    "",
    ...signature(name === "list" ? "iterate" : `iterate_${name}`, own, `${isAsync ? "Async" : ""}Iterator[${item}]`),
    '        """All matches, newest first, fetched page by page as needed."""',
    `        items = ${items}`,
    `        return ${isAsync ? "self._connection.each(items)" : "items"}`,
  ];
}

function uploadMethod(isAsync: boolean): string[] {
  return [
    "",
    ...signature("upload", ["source: Source", "**options: Any"], "types.MediaAnswer", isAsync),
    '        """',
    "        Sends a file in chunks: whatever fails, uploaded chunks are kept. `source` is bytes, a path or a binary file.",
    "",
    "        Options: `filename`, `mime_type`, `on_progress(sent_bytes, total_bytes)`, `on_begin(upload)`, `resume` (what",
    "        `on_begin` got, within 24 hours), `chunk_bytes` and `idempotency_key`.",
    '        """',
    isAsync
      ? "        return await self._connection.run(upload, self._connection.blocking, source, **options)"
      : "        return upload(self._connection, source, **options)",
  ];
}

const WIDTH = 120;

function signature(name: string, parameters: readonly string[], answer: string, isAsync = false): string[] {
  const begin = `    ${isAsync ? "async " : ""}def ${name}(`;
  const line = `${begin}${["self", ...parameters].join(", ")}) -> ${answer}:`;
  if (line.length <= WIDTH) return [line];
  return [begin, ...["self", ...parameters].map((each) => `        ${each},`), `    ) -> ${answer}:`];
}

function callLines(begin: string, given: readonly string[]): string[] {
  const line = `${begin}(${given.join(", ")})`;
  return line.length <= WIDTH ? [line] : [`${begin}(`, ...given.map((each) => `            ${each},`), "        )"];
}

function clientClass(groups: readonly string[]): string[] {
  const settings = (more: string[]) => [
    "    def __init__(",
    "        self,",
    "        api_key: str,",
    '        base_url: str = "https://api.ampost.io",',
    "        *,",
    "        retries: int = 3,",
    "        timeout_seconds: float = 60,",
    ...more.map((each) => `        ${each},`),
    "        random: Callable[[], float] = randomness.random,",
    "        pause: Callable[[float], None] = time.sleep,",
    "    ) -> None:",
    "        connection = Connection(",
    "            api_key, base_url, retries=retries, timeout_seconds=timeout_seconds, random=random, pause=pause",
    "        )",
  ];
  const about = [
    "    Answers are those of the API. Every write sends an Idempotency-Key, so calls are retried after temporary failures",
    "    without running twice. Errors and permanent failures raise an AmpostError.",
    "",
    "    `retries`: how often a repeatable request is retried. `timeout_seconds`: how long to wait for the server.",
    "    `random` (from 0 up to 1) and `pause` decide how long to wait between attempts.",
  ];
  return [
    "",
    "class Client:",
    '    """',
    "    A client for the API.",
    "",
    ...about,
    '    """',
    "",
    ...settings([]),
    ...groups.map((group) => `        self.${group} = ${upper(group)}(connection)`),
    "",
    "",
    "class AsyncClient:",
    '    """',
    "    A client for the API, for asyncio. Close it when it is no longer used, or use it in an `async with` statement.",
    "",
    ...about,
    "    `max_requests`: how many requests and open event streams there can be at the same time; more of them wait.",
    '    """',
    "",
    ...settings(["max_requests: int = 32"]),
    "        self._connection = AsyncConnection(connection, max_requests)",
    ...groups.map((group) => `        self.${group} = Async${upper(group)}(self._connection)`),
    "",
    "    async def __aenter__(self) -> AsyncClient:",
    "        return self",
    "",
    "    async def __aexit__(self, *_: object) -> None:",
    "        await self.aclose()",
    "",
    "    async def aclose(self) -> None:",
    '        """Ends its threads. Requests in progress are completed first, in the background."""',
    "        self._connection.close()",
    "",
  ];
}

/** "keyId" as "key_id". */
function pythonName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** "platform_sets" as "PlatformSets". */
function upper(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
