import type pg from "pg";
import { z } from "zod";

import { MAIL_QUEUE } from "../server/mail/queues.ts";
import { mailSealContext } from "../server/mail/send-mail.ts";
import type { Mail } from "../server/mail/send-mail.ts";
import type { World } from "./world.ts";

/** The response to a visitor's request. */
export interface VisitorResponse {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
  /** The complete Set-Cookie headers. */
  setCookies: string[];
  /** The Cookie header that a browser would send from now on. */
  cookie: string;
}

/** Sends a request as a page of the app does, optionally from another address. */
export async function visit(
  world: World,
  method: "GET" | "POST",
  path: string,
  body?: object,
  options: { cookie?: string; address?: string; headers?: Record<string, string> } = {},
): Promise<VisitorResponse> {
  const answer = await world.app.inject({
    method,
    url: path,
    remoteAddress: options.address ?? "192.0.2.1",
    headers: {
      host: new URL(world.services.settings.appUrl).host,
      origin: world.services.settings.appUrl,
      ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const setCookies = [answer.headers["set-cookie"] ?? []].flat();
  const content: unknown = answer.body === "" ? {} : JSON.parse(answer.body);
  const kept = setCookies.filter((cookie) => !/max-age=0/i.test(cookie)).map((cookie) => cookie.split(";")[0] ?? "");
  return {
    status: answer.statusCode,
    body: z.record(z.string(), z.unknown()).catch({}).parse(content),
    headers: answer.headers,
    setCookies,
    cookie: kept.join("; "),
  };
}

/** The queued emails, oldest first. */
export function emailsOf(world: World): Mail[] {
  return world.jobs
    .filter(({ queue }) => queue === MAIL_QUEUE)
    .map(({ data }) => {
      const { id, sealed } = z.object({ id: z.string(), sealed: z.string() }).parse(data);
      return z
        .object({ to: z.string(), subject: z.string(), text: z.string() })
        .parse(JSON.parse(world.services.vault.open(sealed, mailSealContext(id))));
    });
}

/** The token in the link of the last email to an address. */
export function tokenFor(world: World, address: string): string {
  const email = emailsOf(world).findLast(({ to }) => to === address);
  const link = /https?:\/\/\S+/.exec(email?.text ?? "")?.[0] ?? "";
  const { searchParams } = new URL(link === "" ? "http://nothing.invalid" : link);
  return searchParams.get("token") ?? searchParams.get("invite") ?? "";
}

/** All rows of all tables, as text. */
export async function dump({ database: { pool } }: World): Promise<string> {
  return await dumpOf(pool);
}

/** The same for an open connection. */
export async function dumpOf(database: Pick<pg.Client | pg.Pool, "query">): Promise<string> {
  const { rows } = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { name } of rows) {
    const table = await database.query<{ row: string }>(`select t::text as row from ${name} t`);
    texts.push(...table.rows.map(({ row }) => row));
  }
  return texts.join("\n");
}
