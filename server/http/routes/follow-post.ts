import { type PostAnswer, readChanges } from "../../calls/read-changes.ts";
import type { Listener } from "../../db/listen.ts";

/** Follows posts for any number of followers each: however many there are, a change of a post costs one read. */
export interface Followed {
  /**
   * The post as first read, and again after every read. Ends with the signal. `key` identifies the post and on whose
   * behalf it is read.
   */
  follow(
    key: string,
    read: () => Promise<PostAnswer>,
    first: PostAnswer,
    ended: AbortSignal,
  ): AsyncGenerator<PostAnswer>;
}

interface Group {
  latest: PostAnswer;
  /** An error, or the end. */
  over: { error: unknown } | null;
  looks: number;
  waiting: Set<() => void>;
  followers: number;
  stop: AbortController;
}

export function createFollowed(listener: Pick<Listener, "on">, everyMilliseconds: number): Followed {
  const groups = new Map<string, Group>();
  const wakeAll = (group: Group) => {
    for (const wake of group.waiting) wake();
  };
  const begin = (key: string, read: () => Promise<PostAnswer>, first: PostAnswer): Group => {
    const group: Group = {
      latest: first,
      over: null,
      looks: 0,
      waiting: new Set(),
      followers: 0,
      stop: new AbortController(),
    };
    groups.set(key, group);
    const look = async () => {
      for await (const answer of readChanges(listener, read, first, { everyMilliseconds, ended: group.stop.signal })) {
        group.latest = answer;
        group.looks += 1;
        wakeAll(group);
      }
    };
    void look().catch((error: unknown) => {
      group.over = { error };
      if (groups.get(key) === group) groups.delete(key);
      wakeAll(group);
    });
    return group;
  };
  return {
    async *follow(key, read, first, ended) {
      const group = groups.get(key) ?? begin(key, read, first);
      group.followers += 1;
      try {
        yield first;
        for (let seen = 0; !ended.aborted;) {
          if (seen === group.looks && group.over === null) await nextLook(group, ended);
          if (group.over !== null) throw group.over.error;
          if (ended.aborted) return;
          seen = group.looks;
          yield group.latest;
        }
      } finally {
        group.followers -= 1;
        if (group.followers === 0) {
          group.stop.abort();
          if (groups.get(key) === group) groups.delete(key);
        }
      }
    },
  };
}

function nextLook(group: Group, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      group.waiting.delete(done);
      ended.removeEventListener("abort", done);
      resolve();
    };
    group.waiting.add(done);
    ended.addEventListener("abort", done);
  });
}
