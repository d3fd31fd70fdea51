import { createWriteStream } from "node:fs";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import { v7 as uuidv7 } from "uuid";
import { z } from "zod";

import { createPool } from "../server/db/pool.ts";
import { INSERT_RAW } from "./raw-inserts.ts";

const BarePlan = z.object({
  databaseUrl: z.string(),
  connections: z.int(),
  /** Whose posts `GET` reads. */
  userId: z.string(),
  /** Where `PUT` streams to. */
  file: z.string(),
});
export type BarePlan = z.input<typeof BarePlan>;

export const BareResult = z.object({ url: z.string() });

/** The minimum a service can do: Node's own HTTP server, with one statement per request, or a stream to one file. */
export async function serveBare(unread: unknown): Promise<z.output<typeof BareResult>> {
  const plan = BarePlan.parse(unread);
  const pool = createPool(plan.databaseUrl, { max: plan.connections, name: "bench bare" });
  const server = createServer((request, response) => {
    const answer = async (): Promise<unknown> => {
      if (request.method === "PUT") return await pipeline(request, createWriteStream(plan.file));
      if (request.method === "GET") return (await pool.query({ ...LIST_RAW, values: [plan.userId] })).rows;
      const id = uuidv7();
      const body: unknown = JSON.parse(await text(request));
      await pool.query({ ...INSERT_RAW, values: [id, JSON.stringify(body)] });
      return { id, body };
    };
    answer().then(
      (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value ?? null)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The bare server does not listen");
  return { url: `http://127.0.0.1:${address.port}` };
}

const LIST_RAW = {
  name: "bench.list",
  text: `select id, content, platforms, created_at from posts where user_id = $1 and mode = 'test'
         order by id desc limit 20`,
};
