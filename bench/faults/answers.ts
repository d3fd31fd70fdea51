import { setTimeout as sleep } from "node:timers/promises";

import type { TcpProxy, Trouble } from "../../tests/tcp-proxy.ts";
import { type Expectation, untilSettled } from "./checker.ts";
import { draftOf } from "./contents.ts";
import { type ScenarioResult, pick, runScenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";
import type { Subject, World } from "./world.ts";

/** One possible outcome of the commit's only request. */
interface Row {
  name: string;
  /** Magic words for the sandbox, added to the post's text. */
  magic?: string;
  /** What the proxy does with this post's commit. */
  act?: Trouble["act"];
  /** A fault for the next commit, whichever it is; such rows run one at a time, before all others. */
  arrange?: (world: World, proxy: TcpProxy, subject: Subject) => Promise<void> | void;
  fates?: Expectation["fates"];
  /** The maximum number of requests to the platform for a part that is live. */
  publishCalls?: number;
  /** It takes a minute. */
  long?: true;
}

const fault =
  (kind: string, error?: string) =>
  ({ sandbox }: World) =>
    sandbox.fault({ operation: "publish", kind, error });

function answer(status: string, type: string, body: string): Trouble["act"] {
  return {
    kind: "answer",
    bytes:
      `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${body}`,
  };
}

const ROWS: readonly Row[] = [
  { name: "connection refused", arrange: refuseConnections },
  { name: "rejected permanently", arrange: fault("reject"), fates: ["failed"] },
  { name: "rejected as spam, but live", arrange: fault("reject", "spam-2207051-but-live") },
  { name: "rejected as not ready, but ready", arrange: fault("reject", "24/4279009"), publishCalls: 2 },
  { name: "500 without effect", arrange: fault("http_500"), publishCalls: 2 },
  { name: "rate limited", arrange: fault("rate_limit"), publishCalls: 2, long: true },
  { name: "no response, request lost", act: { kind: "swallow" }, long: true },
  { name: "timeout after acceptance", magic: "timeout", long: true },
  { name: "later than the lease", act: { kind: "delay", milliseconds: 12_000 } },
  { name: "reset before the request is read", act: { kind: "reset_before" } },
  { name: "connection dropped before any effect", magic: "drop_before", publishCalls: 2 },
  { name: "reset after acceptance", magic: "drop_after" },
  { name: "reset while the response arrives", act: { kind: "reset_after" } },
  { name: "dropped within the response head", act: { kind: "cut_answer", bytes: 20 } },
  { name: "dropped within the response body", magic: "cut_body" },
  { name: "broken JSON after success", magic: "broken_json" },
  { name: "500 after success", magic: "error_after" },
  {
    name: "redirected to another host",
    act: {
      kind: "answer",
      bytes: "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    },
  },
  { name: "502 from a gateway", act: answer("502 Bad Gateway", "text/html", "<html>Bad gateway</html>") },
  {
    name: "an HTML page instead of a response",
    act: answer("200 OK", "text/html", "<html>Sign in to the network</html>"),
  },
  { name: "JSON without an ID", act: answer("200 OK", "application/json", "{}") },
  { name: "not HTTP", act: { kind: "answer", bytes: "what?\r\n\r\n" } },
];

/** Applies each row of the table of responses to the commit of a separate post. */
export function answerTable(options: { long: boolean }): Promise<ScenarioResult> {
  const rows = ROWS.filter((row) => options.long || row.long !== true);
  // The request timeout is not scaled: the scaled 15 minutes to `unknown` must be longer.
  const speed = options.long ? { speed: 8 } : {};
  return runScenario("Answers to the commit", { people: rows.length, proxied: true, ...speed }, async (world) => {
    const workers = await startWorkerPool(world, 2);
    const proxy = proxyOf(world);
    const posts = await Promise.all(rows.map((row, index) => makePost(world, row, index)));
    const table = rows.map((row, index) => ({ row, subject: pick(posts, index) }));
    for (const { row, subject } of table.filter(({ row }) => row.arrange !== undefined)) {
      await row.arrange?.(world, proxy, subject);
      await world.api.publish(subject);
      await untilSettled(world, [subject], 30);
    }
    const others = table.filter(({ row }) => row.arrange === undefined);
    for (const { row, subject } of others)
      if (row.act !== undefined) proxy.trouble({ match: commitOf(subject), times: 1, act: row.act });
    await Promise.all(others.map(({ subject }) => world.api.publish(subject)));
    await untilSettled(world, posts, 120);
    await workers.stop();
    const troubled = others.filter(({ row }) => row.act !== undefined).length;
    if (proxy.struck() !== troubled) throw new Error(`The proxy has struck ${proxy.struck()} commits, not ${troubled}`);
    const expectations = table.map(({ row: { fates, publishCalls }, subject }): Expectation => ({
      subject,
      fates,
      publishCalls,
    }));
    return { did: rows.map(({ name }) => name).join("; "), faults: rows.length, expectations };
  });
}

/** A request line begins what is sent at once. */
function commitOf({ platformAccountId }: Subject): RegExp {
  return new RegExp(`^POST \\S*/${platformAccountId}/threads_publish(?:\\?\\S*)? `);
}

async function makePost(world: World, { name, magic }: Row, index: number): Promise<Subject> {
  const person = pick(world.people, index);
  return world.api.create(
    person,
    await draftOf("text", magic === undefined ? name : `${name} [[sandbox:${magic}:1]]`, person, world.api),
  );
}

/** The commit waits until nothing is listening anymore; when it has failed, the server listens again. */
async function refuseConnections(world: World, proxy: TcpProxy, subject: Subject): Promise<void> {
  const fault = { point: "intent.written", platformPostId: subject.platformPostId, step: null, act: "hold" } as const;
  world.faultPlan.plan([fault]);
  void (async () => {
    while (world.faultPlan.struck().length === 0) await sleep(10);
    await proxy.refuse();
    world.faultPlan.release(fault);
    const failed =
      "select 1 from publish_steps where platform_post_id = $1 and effect = 'visible' and result = 'definite_failure'";
    while ((await world.pool.query(failed, [subject.platformPostId])).rowCount === 0) await sleep(10);
    await proxy.accept();
  })();
}

function proxyOf({ proxy }: World): TcpProxy {
  if (proxy === null) throw new Error("This world has no proxy");
  return proxy;
}
