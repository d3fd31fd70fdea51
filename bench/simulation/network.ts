import { Readable } from "node:stream";

import {
  transmit,
  transportError,
  type Transmit,
  type TransportFailure,
  type WireAnswer,
  type WireRequest,
} from "../../platforms/kit/transport.ts";
import { chanceOf } from "./random.ts";
import { currentMachine, EPOCH_MS, type Machine, never, type Timeline } from "./timeline.ts";

/** What happens to a request on its way to a platform. */
export type NetworkFault =
  /** The connection fails. */
  | { what: "refused" | "name_resolution" | "connect_timeout" }
  /** The connection is cut before the platform has read the request, or after it has executed it. */
  | { what: "cut_before" | "cut_after" }
  /** No response arrives: either the request or the response was lost. */
  | { what: "silent_before" | "silent_after" }
  /** The request or the response takes this long to arrive. */
  | { what: "late_request" | "late_answer"; seconds: number }
  /** A gateway responds in the platform's place, with or without forwarding the request. */
  | { what: "gateway_before" | "gateway_after" | "unavailable" }
  /** The response is garbage. */
  | { what: "half" }
  /**
   * An intermediary delivers the request twice, the second time this long after the platform has answered the first. One
   * of the two responses arrives, the other is lost.
   */
  | { what: "repeated"; answers: "first" | "second"; seconds: number };

/** What an intermediary may repeat. Of a commit, it is because the platform knows that it has executed it. */
export type Repeatable = "idempotent" | "recognized";

/** A request that has left its machine. */
export interface Sent {
  atMs: number;
  machine: Machine;
  body: string;
  isCommit: boolean;
  /** The status of the platform's own response, once the caller has received it; null until then. */
  heard: number | null;
  isDisturbed: boolean;
}

export interface NetworkOptions {
  timeline: Timeline;
  faultOf(request: {
    name: string;
    host: string;
    isCommit: boolean;
    repeatable: Repeatable | null;
    machine: Machine;
  }): NetworkFault | undefined;
  /** Called when the first byte is sent, and right before and after the platform executes the request. */
  onSent(sent: Sent): void;
  onArrival(sent: Sent): void;
  onDone(sent: Sent): void;
  /** How far the platforms' clock is ahead. */
  platformAheadMs: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** The lowest layer of the HTTP kit, over a simulated network to the real sandbox. */
export function openNetwork({ timeline, faultOf, onSent, onArrival, onDone, platformAheadMs }: NetworkOptions): {
  transmit: Transmit;
  requests(): number;
} {
  let requests = 0;

  async function ask(request: WireRequest, body: Buffer | null): Promise<WireAnswer> {
    const answer = await transmit(
      { ...request, body: body === null ? null : Readable.from([body]), timeoutSeconds: 30 },
      {},
    );
    return {
      ...answer,
      headers: { ...answer.headers, date: new Date(EPOCH_MS + timeline.now() + platformAheadMs).toUTCString() },
    };
  }

  return {
    requests: () => requests,
    async transmit(request, guards) {
      const machine = currentMachine();
      if (machine === undefined) throw new Error("Only what runs in a machine has this network");
      if (machine.isDead) return await never();
      const body = request.body === null ? null : await readAll(request.body);
      requests += 1;
      const number = requests;
      const isCommit = guards.beforeSend !== undefined;
      const { pathname } = request.address;
      const host = pathname.split("/")[1] ?? "";
      const label = `${request.method} ${host}${isCommit ? " (commit)" : ""}`;
      const repeatable = repeatableOf(request.method, isCommit ? pathname : null);
      const fault = faultOf({ name: request.name, host, isCommit, repeatable, machine });
      const latency = (leg: string): number => 5 + 120 * chanceOf(timeline.seed, "network", leg, number) ** 4;
      const sent: Sent = {
        atMs: 0,
        machine,
        body: body?.toString("utf8") ?? "",
        isCommit,
        heard: null,
        isDisturbed: fault !== undefined,
      };
      return await new Promise<WireAnswer>((resolve, reject) => {
        let state: "waiting" | "sent" | "over" = "waiting";
        const finish = (act: () => void): void => {
          if (state === "over") return;
          state = "over";
          timer.cancel();
          guards.signal?.removeEventListener("abort", onAbort);
          act();
        };
        const fail = (failure: TransportFailure, cause?: unknown): void => {
          const wasSent = state === "sent";
          finish(() => reject(transportError(request.name, failure, wasSent, cause)));
        };
        const onAbort = (): void => fail("aborted", guards.signal?.reason);
        const timer = timeline.after(
          request.timeoutSeconds * 1000,
          machine,
          `${label}: time-out`,
          () => fail(state === "sent" ? "timeout" : "connect_timeout"),
          true,
        );
        guards.signal?.addEventListener("abort", onAbort);
        if (guards.signal?.aborted === true) return onAbort();
        if (fault?.what === "connect_timeout")
          return void timeline.after(
            CONNECT_TIMEOUT_MS,
            machine,
            `${label}: no connection`,
            () => fail("connect_timeout"),
            true,
          );
        if (fault?.what === "refused" || fault?.what === "name_resolution") {
          const { what } = fault;
          return void timeline.after(latency("connect"), machine, `${label}: ${what}`, () => fail(what));
        }
        timeline.after(latency("connect"), machine, `${label} → ${fault?.what ?? ""}`, () => {
          if (state === "over") return;
          try {
            guards.beforeSend?.();
          } catch (error) {
            return fail("forbidden", error);
          }
          if (machine.isDead) return;
          state = "sent";
          sent.atMs = timeline.now();
          onSent(sent);
          travel();
        });

        const travel = (): void => {
          const cutAfter = (delayMs: number): void =>
            void timeline.after(delayMs, machine, `${label}: cut`, () => fail("reset"));
          if (fault?.what === "cut_before") return cutAfter(latency("out"));
          if (fault?.what === "silent_before") return;
          if (fault?.what === "gateway_before" || fault?.what === "unavailable")
            return reply(fault.what === "unavailable" ? UNAVAILABLE : BAD_GATEWAY, 0);
          const lateMs = fault?.what === "late_request" ? fault.seconds * 1000 : 0;
          timeline.after(latency("out") + lateMs, null, `${machine.name} ${label} arrives`, async () => {
            onArrival(sent);
            const answer = await ask(request, body);
            onDone(sent);
            if (fault?.what === "silent_after") return;
            if (fault?.what === "cut_after") return cutAfter(latency("back"));
            if (fault?.what === "half")
              return void timeline.after(latency("back"), machine, `${label}: half an answer`, () => fail("cut"));
            if (fault?.what === "repeated") {
              timeline.after(
                latency("again") + fault.seconds * 1000,
                null,
                `${machine.name} ${label} again`,
                async () => {
                  onArrival(sent);
                  const second = await ask(request, body);
                  onDone(sent);
                  if (fault.answers === "second") reply(second, 0);
                },
              );
              if (fault.answers === "second") return;
            }
            reply(
              fault?.what === "gateway_after" ? BAD_GATEWAY : answer,
              fault?.what === "late_answer" ? fault.seconds * 1000 : 0,
            );
          });
        };
        const reply = (answer: WireAnswer, lateMs: number): void => {
          timeline.after(latency("back") + lateMs, machine, `← ${answer.status} ${label}`, () =>
            finish(() => {
              if (answer !== BAD_GATEWAY && answer !== UNAVAILABLE) sent.heard = answer.status;
              resolve(answer);
            }),
          );
        };
      });
    },
  };
}

/** Source: RFC 9110, section 9.2.2. */
const IDEMPOTENT: readonly string[] = ["GET", "HEAD", "PUT", "DELETE"];

/** LinkedIn refuses a post that it has just published, and names it. */
const RECOGNISED = "/api.linkedin.com/rest/posts";

function repeatableOf(method: string, committedTo: string | null): Repeatable | null {
  if (IDEMPOTENT.includes(method)) return "idempotent";
  return committedTo === RECOGNISED ? "recognized" : null;
}

const PAGE = { "content-type": "text/html" };
const BAD_GATEWAY: WireAnswer = { status: 502, headers: PAGE, text: "<html><body>Bad Gateway</body></html>" };
const UNAVAILABLE: WireAnswer = {
  status: 503,
  headers: { ...PAGE, "retry-after": "20" },
  text: "<html><body>Service Unavailable</body></html>",
};

async function readAll(body: string | Readable): Promise<Buffer> {
  if (typeof body === "string") return Buffer.from(body);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
