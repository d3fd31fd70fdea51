import type { PublisherRow } from "../db/queries/publishers.ts";
import type { HoldReason } from "./hold.ts";
import type { NotedCommit, Noted } from "./noted.ts";
import { isSamePlace } from "./place.ts";

/** What is known of the past: in the database, and outside of it. */
export interface Past {
  /** The instance's, which a copy gets anew when it is released. */
  identity: string;
  /** Which database this is, and the timeline of its server. Null: not known. */
  database: Compared;
  timeline: Compared;
  server: string;
  /** Those that are noted, and those that were at work last. */
  publishers: readonly PublisherRow[];
  noted: Noted;
  /** Where the data folder is. */
  here: string;
  hasPosts: boolean;
  /** Whether anything was sent, or waits to be. */
  hasPast: boolean;
}

interface Compared {
  known: string | null;
  now: string | null;
}

/** What one process has seen since it began to compare. */
export interface Observed {
  /** The process itself. */
  publisher: string;
  /** It has just started. */
  isFirst: boolean;
  seconds: number;
  /** Another process says to this database that it is at work. */
  seesOthers: boolean;
  /** Another process says so next to the media. */
  seesMark: boolean;
}

export type Verdict =
  | { verdict: "go" }
  | { verdict: "wait" }
  | { verdict: "hold"; reason: HoldReason; doubtedUntil: Date | null };

/** What is noted, and the database has lost or never had. */
export interface Lost {
  commits: readonly NotedCommit[];
  /** The latest of each publisher. */
  seqs: ReadonlyMap<string, number>;
  /** When the latest was written. */
  until: Date | null;
}

/** A process says that it is at work more often than this. */
const SEEN_SECONDS = 15;

/** How long the other processes may take to compare what they have noted with a new server. */
const OTHERS_SECONDS = 10;

/** A mark can be this much newer than what its publisher has said to the database, if that was restored or has crashed. */
const MARK_AHEAD_SECONDS = 60;

export function findLost({ noted, publishers }: Pick<Past, "noted" | "publishers">): Lost {
  const known = new Map(publishers.map(({ id, seq }) => [id, seq]));
  const isLost = ({ publisher, seq }: { publisher: string; seq: number }) => seq > (known.get(publisher) ?? 0);
  const commits = noted.commits.filter(isLost);
  const all = [...commits, ...(noted.mark !== null && isLost(noted.mark) ? [noted.mark] : [])];
  const seqs = new Map<string, number>();
  let until = 0;
  for (const { publisher, seq, at } of all) {
    seqs.set(publisher, Math.max(seqs.get(publisher) ?? 0, seq));
    until = Math.max(until, at);
  }
  return { commits, seqs, until: all.length === 0 ? null : new Date(until) };
}

/** Whether this database is the one that published last, so that publishing may continue. */
export function judge(past: Past, observed: Observed): Verdict {
  const { noted, identity, publishers, database, hasPosts } = past;
  if (!hasPosts) return { verdict: "go" };
  const known = new Set(publishers.map(({ id }) => id));
  const isOwn = (one: { publisher: string; identity: string }) => one.identity === identity || known.has(one.publisher);
  const { seqs, until } = findLost(past);
  const own = noted.openings.filter(isOwn);
  if (noted.mark !== null && !isOwn(noted.mark)) return hold("foreign");
  if (seqs.size > 0) {
    const isForeign = noted.openings.some((one) => seqs.has(one.publisher) && one.identity !== identity);
    return isForeign ? hold("foreign") : hold("behind", until);
  }
  if (noted.mark !== null && !observed.isFirst && !known.has(noted.mark.publisher)) return hold("foreign");
  if (noted.openings.length > 0 && own.length === 0) return hold("foreign");
  if (differ(database)) return hold("copied");
  const first = observed.isFirst ? judgeStart(past, observed, own.length > 0) : GO;
  return first.verdict === "go" ? judgeServer(past, observed) : first;
}

const GO: Verdict = { verdict: "go" };
const WAIT: Verdict = { verdict: "wait" };

/** Null: whatever was due by now. */
function hold(reason: HoldReason, doubtedUntil: Date | null = null): Verdict {
  return { verdict: "hold", reason, doubtedUntil };
}

function differ({ known, now }: Compared): boolean {
  return known !== null && now !== null && known !== now;
}

/** A start also has to know whether the database, the folder or the bucket is a copy whose original goes on. */
function judgeStart({ noted, publishers, here, hasPast }: Past, observed: Observed, isListed: boolean): Verdict {
  const others = publishers.filter(({ id, was_at_work: wasAtWork }) => wasAtWork && id !== observed.publisher);
  const isElsewhere = isListed && !noted.openings.some(({ place }) => isSamePlace(place, here));
  const isUnknown = hasPast && !isListed && noted.mark === null;
  if ((isElsewhere || isUnknown) && !observed.seesOthers) {
    if (others.length > 0 && observed.seconds < SEEN_SECONDS) return WAIT;
    return hold(isElsewhere ? "copied" : "moved");
  }
  const { mark } = noted;
  const seenAt = publishers.find(({ id }) => id === mark?.publisher)?.seen_at ?? null;
  if (mark === null || seenAt === null || mark.at < seenAt.getTime() + MARK_AHEAD_SECONDS * 1000) return GO;
  if (observed.seesMark) return hold("copied");
  return observed.seconds < SEEN_SECONDS ? WAIT : GO;
}

/**
 * On a new timeline the latest writes may be missing. Every process that was at work compares what it has noted; what
 * one has noted that is gone is in this folder, or was on a standby before it was sent, or nobody knows.
 */
function judgeServer({ noted, publishers, timeline, server }: Past, { publisher, seconds }: Observed): Verdict {
  if (!differ(timeline)) return GO;
  const missing = publishers.filter((each) => each.was_at_work && each.id !== publisher && each.server !== server);
  if (missing.length === 0) return GO;
  if (seconds < OTHERS_SECONDS) return WAIT;
  const listed = new Set(noted.openings.map((opening) => opening.publisher));
  return missing.every(({ id, synchronous }) => synchronous || listed.has(id)) ? GO : hold("failover");
}
