import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One thing that is measured, by a command of its own: `npm run bench -- NAME`. */
export interface Benchmark {
  name: string;
  title: string;
  /** What is measured and how, in a sentence or two. */
  about: string;
  measure(workspace: Workspace): Promise<Row[]>;
}

/** A measured value beside the raw limit of the same run: what the machine does when nothing of ours is in the way. */
export interface Row {
  what: string;
  value: string;
  raw?: string;
  ratio?: string;
  target?: string;
  /** Undefined where nothing was promised. */
  met?: boolean;
}

/** Where a benchmark puts its files and processes. All of it goes when the benchmark is done, also where it fails. */
export interface Workspace {
  folder(name: string): Promise<string>;
  /** What is deferred last is undone first. */
  defer(undo: () => Promise<unknown>): void;
  say(progress: string): void;
}

export async function withWorkspace<Result>(
  say: (progress: string) => void,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const root = await mkdtemp(join(tmpdir(), "ampost-bench-"));
  await using undone = new AsyncDisposableStack();
  undone.defer(() => rm(root, { recursive: true, force: true }));
  return await work({
    folder: async (name) => {
      const path = join(root, name);
      await mkdir(path, { recursive: true });
      return path;
    },
    defer: (undo) => undone.defer(async () => void (await undo())),
    say,
  });
}
