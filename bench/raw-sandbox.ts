import { Pool } from "undici";
import { z } from "zod";

const SandboxPlan = z.object({
  sandboxUrl: z.string(),
  /** Accounts of the platform, with a token each. */
  accounts: z.array(z.object({ id: z.string(), token: z.string() })).min(1),
  connections: z.int(),
  posts: z.int(),
});
export type SandboxPlan = z.input<typeof SandboxPlan>;

export const SandboxResult = z.object({ postsPerSecond: z.number(), callsPerSecond: z.number() });

const WithId = z.looseObject({ id: z.string() });

/**
 * The platform requests for publishing a text, with nothing stored or guarded: container, status, quota, publish, link.
 */
export async function callSandbox(unread: unknown): Promise<z.output<typeof SandboxResult>> {
  const plan = SandboxPlan.parse(unread);
  const pool = new Pool(plan.sandboxUrl, { connections: plan.connections, pipelining: 1 });
  let begun = 0;
  let calls = 0;
  const call = async (
    method: "GET" | "POST",
    path: string,
    token: string,
    fields: Record<string, string>,
  ): Promise<unknown> => {
    const encoded = new URLSearchParams(fields).toString();
    const target = `/graph.threads.net/v1.0/${path}`;
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, body } = await pool.request(
      method === "GET"
        ? { method, path: `${target}?${encoded}`, headers }
        : {
            method,
            path: target,
            headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
            body: encoded,
          },
    );
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
    calls += 1;
    return JSON.parse(text);
  };
  const publish = async ({ id, token }: { id: string; token: string }, number: number): Promise<void> => {
    const container = WithId.parse(
      await call("POST", `${id}/threads`, token, { media_type: "TEXT", text: `Raw ${number}` }),
    ).id;
    await call("GET", container, token, { fields: "status,error_message" });
    await call("GET", `${id}/threads_publishing_limit`, token, { fields: "quota_usage,config" });
    const post = WithId.parse(await call("POST", `${id}/threads_publish`, token, { creation_id: container })).id;
    await call("GET", post, token, { fields: "id,permalink" });
  };
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: plan.connections }, async () => {
      for (let number = begun++; number < plan.posts; number = begun++) {
        const account = plan.accounts[number % plan.accounts.length];
        if (account !== undefined) await publish(account, number);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  await pool.destroy();
  return { postsPerSecond: plan.posts / seconds, callsPerSecond: calls / seconds };
}
