import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One benchmark, run separately with `npm run bench -- NAME`. */
export interface Benchmark {
  name: string;
  title: string;
  /** What it measures and how, in a sentence or two. */
  about: string;
  measure(workspace: Workspace): Promise<Row[]>;
}

/** A measured value next to the raw limit of the same run: the machine's performance without our code. */
export interface Row {
  what: string;
  value: string;
  raw?: string;
  ratio?: string;
  target?: string;
  /** Undefined if there is no target. */
  met?: boolean;
}

/** A benchmark's files and processes. All of them are removed when the benchmark ends, even if it fails. */
export interface Workspace {
  folder(name: string): Promise<string>;
  /** Runs in reverse order of registration. */
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
