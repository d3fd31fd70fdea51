import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Machine } from "./machine.ts";

/** An unpacked image: its files and how it is started. */
export interface Image {
  tree: string;
  user: string;
  env: Readonly<Record<string, string>>;
  entrypoint: readonly string[];
  command: readonly string[];
  folder: string;
}

const pointer = z.object({ digest: z.string() });
const index = z.object({ manifests: z.array(pointer) });
const manifest = z.object({ config: pointer, layers: z.array(pointer) });
const configuration = z.object({
  config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    Cmd: z.array(z.string()),
    WorkingDir: z.string(),
  }),
});

/** Unpacks an OCI archive into a folder. */
export async function unpackImage(archive: string, folder: string): Promise<Image> {
  const [layout, tree] = [join(folder, "layout"), join(folder, "tree")];
  for (const each of [layout, tree]) await mkdir(each);
  execFileSync("tar", ["-xf", archive, "-C", layout]);
  const blob = ({ digest }: z.infer<typeof pointer>) => join(layout, "blobs", digest.replace(":", "/"));
  const parse = async <T>(schema: z.ZodType<T>, path: string) => schema.parse(JSON.parse(await readFile(path, "utf8")));
  const { manifests } = await parse(index, join(layout, "index.json"));
  const [first] = manifests;
  assert.ok(first !== undefined && manifests.length === 1);
  const { config, layers } = await parse(manifest, blob(first));
  for (const layer of layers) execFileSync("tar", ["-xpf", blob(layer), "-C", tree]);
  const { User, Env, Entrypoint, Cmd, WorkingDir } = (await parse(configuration, blob(config))).config;
  const env = Object.fromEntries(
    Env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  return { tree, user: User, env, entrypoint: Entrypoint, command: Cmd, folder: WorkingDir };
}

export interface Container {
  output(): string;
  /** Runs a command in it, as its user. */
  exec(...command: string[]): Promise<string>;
  /** Waits until such a command succeeds. */
  until(...command: string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface ContainerOptions {
  name: string;
  env: Readonly<Record<string, string>>;
  command?: readonly string[];
  /** The folder that is /data. */
  data: string;
  /** A network namespace of the machine; the machine's own by default. */
  network?: string;
}

/**
 * Starts an image in a machine as a container engine would: on a read-only root, as its user without capabilities, and
 * with its own processes.
 */
export async function startContainer(machine: Machine, image: Image, options: ContainerOptions): Promise<Container> {
  const { name, data, network, command = image.command } = options;
  const [uid, gid = uid] = image.user.split(":");
  const root = `/mnt/${name}`;
  const env = Object.entries({ ...image.env, ...options.env }).map(([key, value]) => quoted(`${key}=${value}`));
  const asUser = (words: readonly string[]) =>
    [
      `chroot ${root} setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs`,
      `--bounding-set=-all --inh-caps=-all env -i --chdir=${image.folder} ${env.join(" ")} ${words.map(quoted).join(" ")}`,
    ].join(" ");
  await machine.run(`mkdir -p ${root} ${data}; chown ${uid}:${gid} ${data}; chmod 700 ${data}`);
  const mounts = `
    mount --bind ${image.tree} ${root}
    mount -o remount,bind,ro ${root}
    mount --bind ${data} ${root}/data
    mount -t tmpfs -o mode=1777 tmpfs ${root}/tmp
    mount -t proc proc ${root}/proc
    mount --rbind /dev ${root}/dev
    mount --bind /etc/hosts ${root}/etc/hosts
    exec ${asUser([...image.entrypoint, ...command])}`;
  const within = network === undefined ? "" : `ip netns exec ${network} `;
  const { output, pidFile, ended } = machine.start(
    `${within}unshare --mount --pid --fork --propagation=private bash -e -c ${quoted(mounts)}`,
  );
  const first = `$(cat /proc/$(cat ${pidFile})/task/*/children)`;
  const inside = (words: readonly string[]) => `nsenter --target=${first} --mount --net --pid -- ${asUser(words)}`;
  return {
    output,
    exec: (...words) => machine.run(inside(words)),
    until: (...words) =>
      Promise.race([machine.until(inside(words)), ended.then(() => assert.fail(`${name} has ended: ${output()}`))]),
    stop: async () => {
      await machine.run(`kill ${first}`);
      await ended;
    },
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
