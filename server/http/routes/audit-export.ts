import { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";
import { z } from "zod";

import { parseInput } from "../../../contract/forms/parse.ts";
import { operation, plain } from "../../../contract/operation.ts";
import { auditFilter, type AuditEvent } from "../../../contract/operations/audit.ts";
import { authenticate } from "../../calls/authenticate.ts";
import type { BindOptions } from "../../calls/bind.ts";
import { requireAppHost } from "../../calls/hosts.ts";
import { pagesOfAuditEvents } from "../../domain/audit/list-audit-events.ts";
import type { Services } from "../../domain/services.ts";

/** Its answer is a file, so it is not among the operations. The mode is what every address of the app names. */
const auditExport = operation({
  ...plain,
  name: "audit_export",
  method: "GET",
  path: "/api/audit/export",
  summary: "Export audit events",
  description: "Returns the events that the filters match as a CSV file.",
  auth: "session",
  query: z.strictObject({ ...auditFilter, mode: z.string().optional() }),
  answer: z.object({}),
});

/** The route for users to download their audit log, or what the filters leave of it, as CSV (RFC 4180). */
export function addAuditExport(
  scope: FastifyInstance,
  services: Services,
  { calls }: Pick<BindOptions, "calls">,
): void {
  requireAppHost(scope, services.settings);
  scope.get(auditExport.path, async (request, reply) => {
    const caller = await authenticate(services, auditExport, request);
    await calls.count(reply, caller, auditExport.rateClass);
    const { mode: _mode, ...filter } = parseInput(auditExport, {
      params: {},
      query: request.query,
      body: undefined,
    }).query;
    async function* lines(): AsyncGenerator<string> {
      yield line(COLUMNS.map(([name]) => name));
      for await (const page of pagesOfAuditEvents(services, caller, filter))
        yield page.map((event) => line(COLUMNS.map(([, valueOf]) => valueOf(event)))).join("");
    }
    return await reply
      .type("text/csv; charset=utf-8")
      .header("content-disposition", 'attachment; filename="ampost-audit-log.csv"')
      .header("cache-control", "no-store")
      .header("x-content-type-options", "nosniff")
      .send(Readable.from(lines(), { objectMode: false }));
  });
}

const COLUMNS: readonly (readonly [string, (event: AuditEvent) => string | null])[] = [
  ["time", ({ createdAt }) => createdAt],
  ["action", ({ action }) => action],
  ["target", ({ target }) => target],
  ["target name", ({ targetName }) => targetName],
  ["mode", ({ mode }) => mode],
  ["actor", ({ actor }) => actor.kind],
  ["actor id", ({ actor }) => actor.id],
  ["actor name", ({ actor }) => actor.name],
  ["address", ({ address }) => address],
  ["request id", ({ requestId }) => requestId],
  ["details", ({ data }) => JSON.stringify(data)],
];

function line(cells: readonly (string | null)[]): string {
  return `${cells.map((cell) => cellOf(cell ?? "")).join(",")}\r\n`;
}

/**
 * Spreadsheets run what begins like a formula, some of them also in full-width characters or behind invisible ones, so
 * that gets an apostrophe before it.
 */
function cellOf(text: string): string {
  const read = text.normalize("NFKC").replace(/\p{Cf}/gu, "");
  const safe = /^[\s]*[=+\-@\t\r|%]/.test(read) || /^[\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}
