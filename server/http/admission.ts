import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";

import { BOUNDS } from "../../model/bounds.ts";
import { PublicError, type PublicCode } from "../../model/errors.ts";
import type { Tenant } from "../../model/tenant.ts";
import "../calls/admission.ts";
import { createSlots, type Slots } from "../turns/slots.ts";
import { createCallerQueues, isLight, type CallerQueue, use } from "./caller-queues.ts";
import { outerRequestId } from "./pages/call-route.ts";
import { type AddressLimits, createStrangers } from "./strangers.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Counts a request that reaches no hook. The error if its address has sent too many. */
    refuseStranger(request: FastifyRequest): PublicError | null;
  }
  interface FastifyContextConfig {
    /** Where the route's requests take places: the default ones, those of files or of thumbnails, or none. */
    admission?: "calls" | "files" | "thumbnails" | "open";
    /** Whose file a request is for, if anyone's. */
    fileOwner?: (request: FastifyRequest) => Promise<Tenant | null>;
  }
}

/**
 * Concurrent requests: a process has one thread, on which more of them would only wait for each other. A light user
 * hardly notices heavy ones, of whose requests only one runs alongside. Live mode has these places whatever others use.
 */
const CALLS = { any: 4, light: 12, besideLight: 1, firstHasAll: true };

/** These are not delayed by any request, nor those of one owner, or of live mode, by another's or by test mode's. */
const FILES = { any: 16, first: 8, ofEach: 8 };
/** Many of them are still to be made: they delay no file. */
const THUMBNAILS = { any: 8, first: 4, ofEach: 4 };

/** A request that takes longer waits for something other than this process: a platform, a slow database. */
const HELD_MILLISECONDS = 1_000;
const LOOK_MILLISECONDS = 250;
/** Clients that do not slow down by themselves are slowed down: so much later they get their errors, */
const REFUSAL_MILLISECONDS = 1_000;
/** after several in a row: each counts as this much use. */
const REFUSAL_USE_MILLISECONDS = 50;

export interface AdmissionOptions {
  addressLimits?: AddressLimits;
  /** Whether this process is late with everything: then nobody waits for a place, which would make it later. */
  isBusy?: () => boolean;
  /** How long a call waits for its turn. */
  turnPatienceSeconds?: number;
}

/**
 * Gives all callers a fair share of the process: a request takes a place before its key is looked up and its body read.
 */
export function addAdmissionControl(
  app: FastifyInstance,
  {
    addressLimits = { callsPerMinute: null, failedKeysPerMinute: null },
    isBusy = () => false,
    turnPatienceSeconds = 10,
  }: AdmissionOptions = {},
): void {
  const queues = createCallerQueues();
  const strangers = createStrangers(addressLimits);
  const slots = { calls: createSlots(CALLS), files: createSlots(FILES), thumbnails: createSlots(THUMBNAILS) };
  const held = new Set<{ since: number; leave: () => void }>();
  /** Errors that are still to be sent. */
  let refusals = 0;
  const looking = setInterval(() => {
    const longest = performance.now() - HELD_MILLISECONDS;
    for (const place of held) if (place.since < longest) place.leave();
  }, LOOK_MILLISECONDS).unref();
  app.addHook("onClose", async () => clearInterval(looking));

  /** Takes a place when it is the queue's turn. Returns a function that withdraws it. */
  function take(those: Slots, queue: CallerQueue, begin: (leave: () => void) => void, isBack = false): () => void {
    const light = isLight(queue, performance.now());
    queue.calls += 1;
    const withdraw = those.ask({
      whose: queue.name,
      shareOf: queue.shareOf,
      isLight: light,
      isFirst: queue.isFirst,
      isBack,
      begin(giveBack) {
        const since = performance.now();
        const leave = () => {
          if (!held.delete(place)) return;
          const now = performance.now();
          queue.calls -= 1;
          use(queue, now - since, now);
          giveBack();
        };
        const place = { since, leave };
        held.add(place);
        begin(leave);
      },
    });
    return () => {
      queue.calls -= 1;
      withdraw();
    };
  }

  function enter(
    those: Slots,
    queue: CallerQueue,
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction,
  ) {
    let leave: (() => void) | undefined;
    let isJudged = false;
    request.admission = {
      leave: () => leave?.(),
      async without(coming) {
        leave?.();
        const came = await coming;
        leave = await new Promise<() => void>((begin) => void take(those, queue, begin, true));
        return came;
      },
      refuse(tell) {
        leave?.();
        const now = performance.now();
        const isNow = isLight(queue, now) || refusals >= BOUNDS.waitingCallsOfAll;
        use(queue, REFUSAL_USE_MILLISECONDS, now);
        if (isNow) return tell();
        refusals += 1;
        setTimeout(() => {
          refusals -= 1;
          tell();
        }, REFUSAL_MILLISECONDS).unref();
      },
      belongsTo(caller) {
        queues.remember(request, caller);
        // A stream's key is looked up again and again.
        if (isJudged) return;
        isJudged = true;
        if (caller === null) strangers.hasFailed(request.ip);
        else if (queue.isOfStrangers) strangers.isKnown(request.ip);
      },
    };
    const seconds = queue.isOfStrangers ? strangers.begin(request.ip) : null;
    if (seconds !== null) return done(tooManyOfAddress(seconds));
    if (those.waitingOf(queue.name) >= BOUNDS.waitingCalls) return done(tooMany("RATE_LIMITED", YOURS));
    if (those.waiting() >= BOUNDS.waitingCallsOfAll) return done(tooMany("UNAVAILABLE", ALL));
    const waiting: { end?: () => void } = {};
    const withdraw = take(those, queue, (leaveIt) => {
      leave = leaveIt;
      waiting.end?.();
      const late = queue.isOfStrangers ? strangers.refusedSince(request.ip) : null;
      if (late === null) done();
      else done(tooManyOfAddress(late));
    });
    if (leave !== undefined) return;
    if (isBusy()) {
      withdraw();
      return done(tooMany("UNAVAILABLE", BUSY));
    }
    const giveUp = () => {
      waiting.end?.();
      withdraw();
    };
    const timer = setTimeout(() => {
      giveUp();
      done(tooMany("UNAVAILABLE", ALL));
    }, turnPatienceSeconds * 1000);
    reply.raw.once("close", giveUp);
    waiting.end = () => {
      clearTimeout(timer);
      reply.raw.off("close", giveUp);
    };
  }

  app.decorateRequest("admission", null);
  app.decorate("refuseStranger", ({ ip }: FastifyRequest) => {
    const seconds = strangers.begin(ip);
    return seconds === null ? null : tooManyOfAddress(seconds);
  });
  const admitCall = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
    // A page that calls a route for a user already holds a place.
    if (outerRequestId() !== undefined) return done();
    return enter(slots.calls, queues.of(request), request, reply, done);
  };
  // A request that no route takes is a call, too.
  app.addHook("onRequest", (request, reply, done) => (request.is404 ? admitCall(request, reply, done) : done()));
  app.addHook("onRoute", (route) => {
    const kind = route.config?.admission ?? "calls";
    if (kind === "open") return;
    const admit = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
      if (kind === "calls" || outerRequestId() !== undefined) return admitCall(request, reply, done);
      const owner = route.config?.fileOwner?.(request).catch(() => null) ?? Promise.resolve(null);
      void owner.then((known) => enter(slots[kind], queues.ofFiles(request, known), request, reply, done));
    };
    // After the route's other hooks, whose headers an error also needs, and before the key lookup.
    route.onRequest = [admit, ...[route.onRequest ?? []].flat()];
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    if (request.admission !== null && REFUSED.has(reply.statusCode))
      return request.admission.refuse(() => done(null, payload));
    // A stream can last as long as its reader likes.
    if (typeof payload === "object" && payload !== null && "pipe" in payload) request.admission?.leave();
    done(null, payload);
  });
  app.addHook("onResponse", (request, _reply, done) => {
    request.admission?.leave();
    done();
  });
}

/** Without a valid key, beyond the caller's limit, or while the process is busy. */
const REFUSED: ReadonlySet<number> = new Set([401, 429, 503]);

const YOURS = "So many of your calls wait for their turn that no more are taken";
const BUSY = "The server is too busy to answer in time";
const ALL = "So many calls wait for their turn that yours could not be answered in time";

function tooManyOfAddress(seconds: number): PublicError {
  const message = "Your IP address has sent too many requests without a valid API key";
  const fix = `Wait ${seconds} seconds, and check the API key that you send.`;
  return PublicError.of(
    { rule: "request.address", code: "RATE_LIMITED", message, fix },
    { headers: { "retry-after": String(seconds) } },
  );
}

function tooMany(code: Extract<PublicCode, "RATE_LIMITED" | "UNAVAILABLE">, message: string): PublicError {
  const fix = code === "RATE_LIMITED" ? "Wait for answers before you send more calls." : "Send it again shortly.";
  return PublicError.of(
    { rule: "request.turn", code, message, fix },
    { headers: { "retry-after": code === "RATE_LIMITED" ? "1" : "5" } },
  );
}
