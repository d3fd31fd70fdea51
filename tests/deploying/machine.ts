import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

/** A machine of its own for a test: a copy of this one's files that is thrown away, its own network, and systemd. */
export interface Machine {
  /** Runs shell lines as root in the repository, and returns what they print. They must succeed. */
  run(lines: string): Promise<string>;
  /** Starts a command that runs until it ends or the machine does. */
  start(command: string): Started;
  /** Waits until a command succeeds. */
  until(command: string): Promise<void>;
}

export interface Started {
  output(): string;
  /** Has its process ID. */
  pidFile: string;
  ended: Promise<void>;
  /** Sends it SIGTERM and waits until it has ended. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");

/** Debian packages with what these tests run: see .ci/run. */
const TOOLS: Readonly<Record<string, string>> = {
  buildah: "buildah",
  caddy: "caddy",
  curl: "curl",
  "docker-compose": "docker-compose",
  ip: "iproute2",
  mmdebstrap: "mmdebstrap",
  "/usr/lib/podman/netavark": "netavark",
  nginx: "nginx",
  openssl: "openssl",
  "systemd-analyze": "systemd",
  unshare: "util-linux",
};

/** Why these tests cannot run on this machine; null if they can. In CI, they must. */
export function whyNoMachine(): string | null {
  const lacking = Object.entries(TOOLS).filter(([tool]) => !isInstalled(tool));
  const why =
    process.platform !== "linux"
      ? "they need Linux"
      : process.getuid?.() !== 0
        ? "they need root"
        : lacking.length > 0
          ? `they need ${lacking.map(([, name]) => name).join(" ")} (on Debian 13: apt-get install)`
          : null;
  return skipReason(why);
}

/** The reason to skip tests. In CI, there must be none. */
export function skipReason(why: string | null): string | null {
  assert.ok(why === null || process.env.CI === undefined, `Not everything about deploying can be tested: ${why ?? ""}`);
  return why;
}

export function isInstalled(tool: string): boolean {
  try {
    execFileSync("sh", ["-c", 'command -v "$0"', tool], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Boots a machine; `hosts` are names of its loopback address. Everything in it ends with the test. */
export async function openMachine(test: TestContext, hosts: readonly string[]): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-machine-"));
  const cgroup = await mkdtemp(join(cgroups(), "ampost-"));
  await writeFile(join(folder, "hosts"), `127.0.0.1 localhost ${hosts.join(" ")}\n`);
  // It ends with this process, however that ends.
  const host = spawn("setpriv", ["--pdeathsig=KILL", "bash", "-e", "-c", BOOT], {
    env: { PATH: process.env.PATH, FOLDER: folder, CGROUP: cgroup },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  host.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => host.once("close", () => resolve()));
  const started: ChildProcess[] = [];
  let commands = 0;
  test.after(async () => {
    for (const child of started) child.kill("SIGKILL");
    host.kill("SIGKILL");
    await ended;
    await removeGroups(cgroup);
    await rm(folder, { recursive: true, force: true });
  });
  const first = async () => (await readFile(`/proc/${host.pid}/task/${host.pid}/children`, "utf8")).trim();
  const inside = async (lines: string) => {
    const child = spawn(
      "nsenter",
      [`--target=${await first()}`, ...NAMESPACES, "--", "bash", "-e", "-o", "pipefail", "-c", `cd "$ROOT"\n${lines}`],
      // npm uses what it has downloaded for the image, because this machine has no network.
      {
        env: { PATH: `${PATH}:${process.env.PATH}`, HOME: process.env.HOME, ROOT, npm_config_offline: "true" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    started.push(child);
    return child;
  };
  const run = async (lines: string): Promise<string> => {
    const child = await inside(lines);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 0, `${lines}\n${stdout}\n${stderr}\n${said}`);
    return stdout;
  };
  const until: Machine["until"] = async (lines) => {
    while (!(await run(`if ${lines}; then echo yes; fi`)).startsWith("yes")) await sleep(250);
  };
  while ((await first()) === "") {
    assert.equal(host.exitCode, null, said);
    await sleep(10);
  }
  await until("systemctl is-active --quiet basic.target 2>/dev/null");
  return {
    run,
    until,
    start: (command) => {
      let output = "";
      const pidFile = `/run/started-${commands}`;
      commands += 1;
      const ended = inside(`echo $$ > ${pidFile}\nexec ${command}`).then((child) => {
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding("utf8").on("data", (text: string) => (output += text));
        return new Promise<void>((resolve) => child.once("close", () => resolve()));
      });
      const stop = async () => {
        await run(`kill $(cat ${pidFile})`);
        await ended;
      };
      return { output: () => output, pidFile, ended, stop };
    },
  };
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NAMESPACES = ["--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup"];

/** Where the unified hierarchy of control groups is, which systemd needs. */
function cgroups(): string {
  return execFileSync("findmnt", ["--types=cgroup2", "--noheadings", "--output=TARGET", "--first-only"], {
    encoding: "utf8",
  }).trim();
}

/** The machine's services had groups of their own, which are busy until its last process is gone. */
async function removeGroups(cgroup: string): Promise<void> {
  const groups = execFileSync("find", [cgroup, "-depth", "-type", "d"], { encoding: "utf8" }).trim().split("\n");
  const remove = (group: string): Promise<void> =>
    rmdir(group).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EBUSY") throw error;
      await sleep(20);
      await remove(group);
    });
  for (const group of groups) await remove(group);
}

/**
 * Changes to files go to memory. systemd finds a container's devices, without this machine's hardware, and leaves
 * `/tmp` as it is, where the test's files are.
 */
const BOOT = `
echo $$ > "$CGROUP/cgroup.procs"
exec unshare --mount --net --uts --ipc --pid --cgroup --fork --kill-child=SIGKILL --propagation=private bash -e -c '
  hosts=$(cat "$FOLDER/hosts")
  mount -t tmpfs -o mode=0755 tmpfs "$FOLDER"
  mkdir "$FOLDER/changes" "$FOLDER/work" "$FOLDER/root"
  mount -t overlay -o "lowerdir=/,upperdir=$FOLDER/changes,workdir=$FOLDER/work" overlay "$FOLDER/root"
  cd "$FOLDER/root"
  echo "$hosts" > etc/hosts
  for unit in systemd/system/tmp.mount tmpfiles.d/tmp.conf; do mkdir -p "etc/$\{unit%/*}"; ln -sf /dev/null "etc/$unit"; done
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=0755 tmpfs run
  mount -t tmpfs -o mode=0755 tmpfs dev
  mkdir dev/pts dev/shm
  for name in null zero full random urandom tty; do
    touch "dev/$name"
    mount --bind "/dev/$name" "dev/$name"
  done
  mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  for name in fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s "/proc/self/$\{name#*:}" "dev/$\{name%%:*}"; done
  ip link set lo up
  mkdir -p mnt/before
  pivot_root . mnt/before
  cd /
  umount -l /mnt/before
  exec env -i container=test PATH="$PATH" /usr/lib/systemd/systemd --unit=basic.target
'
`.replaceAll("$\\{", "${");
