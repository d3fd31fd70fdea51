import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { z } from "zod";

import ampost from "../../package.json" with { type: "json" };
import { caddyCommand, ownServices, readCompose, untilHealthy } from "./compose.ts";
import { type Image, startContainer, unpackImage } from "./container.ts";
import { openMachine, whyNoMachine } from "./machine.ts";
import { runScaled } from "./scaled.ts";
import { useThroughProxy } from "./through-proxy.ts";

const ROOT = join(import.meta.dirname, "../..");
const LEDGER = "curl --silent http://127.0.0.1:3001/_sandbox/posts";

test("every way to deploy works as the page says", { skip: whyNoMachine() ?? false, timeout: 900_000 }, async (t) => {
  const blocks = await readPage();
  const take = (section: string) => {
    const code = blocks.get(section)?.shift();
    assert.ok(code !== undefined, `no block is left in the section ${section}`);
    return code;
  };
  const folder = await mkdtemp(join(tmpdir(), "ampost-image-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const image = await buildImage(take("Image"), folder);

  await t.test("the image: at most 400 MB, no compiler, no headers, nothing that gives more rights", async () => {
    assert.equal(image.user, "10001:10001");
    const files = await filesIn(image.tree);
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    assert.ok(files.length > 3_000 && bytes <= 400_000_000, `${files.length} files with ${bytes} bytes`);
    assert.deepEqual(
      files.filter(({ path, mode }) => FOR_COMPILING.test(path) || (mode & 0o6000) !== 0),
      [],
    );
    assert.deepEqual(
      files.filter(({ path, mode, uid }) => path.startsWith("/app/") && (uid !== 0 || (mode & 0o022) !== 0)),
      [],
    );
  });

  await t.test("the image: what it consists of, with every license", async () => {
    const bill = billOfMaterials.parse(JSON.parse(await readFile(join(image.tree, "app/sbom.cdx.json"), "utf8")));
    const listed = bill.components.map(({ purl }) => purl);
    const notices = await readFile(join(image.tree, "app/THIRD-PARTY-NOTICES.txt"), "utf8");
    const packages = await packagesIn(join(image.tree, "app/node_modules"));
    assert.ok(packages.length > 150, `${packages.length} packages`);
    for (const { name, version } of packages) {
      const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
      assert.ok(
        listed.some((each) => each === purl || each.startsWith(`${purl}?`)),
        `${purl} is listed`,
      );
      assert.ok(notices.includes(`${name} ${version} (`), `the license of ${name} ${version}`);
    }
    const debian = execFileSync("dpkg-query", [`--root=${image.tree}`, "--show", "--showformat=${Package}\n"]);
    for (const name of debian.toString().trim().split("\n")) {
      assert.ok(
        listed.some((each) => each.startsWith(`pkg:deb/debian/${name}@`)),
        `${name} is listed`,
      );
      await stat(join(image.tree, "usr/share/doc", name, "copyright"));
    }
  });

  const machine = await openMachine(t, ["app.example.com", "api.example.com", "ampost"]);
  await t.test("Docker Compose: everything in one container, behind Caddy", async () => {
    await machine.run(`${take("Docker Compose")}\necho CADDY_GLOBAL_OPTIONS=local_certs >> .env`);
    const services = await readCompose(machine);
    const [service, caddy] = [ownServices(services).get("ampost"), services.get("caddy")];
    assert.ok(service && caddy && services.size === 2);
    const options = { name: "ampost", env: service.environment, data: "/srv/ampost" };
    const container = await startContainer(machine, image, options);
    await untilHealthy(container, service);
    assert.match(container.output(), /https:\/\/app\.example\.com\/setup\?token=/);
    const proxy = machine.start(caddyCommand(caddy, "/srv/caddy"));
    await useThroughProxy(machine, {
      authority: "/srv/caddy/caddy/pki/authorities/local/root.crt",
      ampost: (...words) => container.exec("ampost", ...words),
      ledger: () => machine.run(LEDGER),
    });
    await Promise.all([proxy.stop(), container.stop()]);
    const again = await startContainer(machine, image, options);
    await untilHealthy(again, service);
    assert.match(await again.exec("ampost", "keys", "list"), /bootstrap/, "its data is still there");
    await again.stop();
  });

  await t.test("Docker Compose: two API and two worker processes with PostgreSQL and a store", async () => {
    await machine.run(`cd ops/compose\n${take("Several processes")}`);
    await runScaled(machine, image);
  });

  const ofService = {
    ampost: (...words: string[]) =>
      machine.run(`cd /etc/ampost; runuser -u ampost -- /opt/ampost/cli/ampost.js ${words.join(" ")}`),
    ledger: () => machine.run(LEDGER),
  };
  await t.test("systemd: one confined service", async () => {
    await machine.run(take("systemd"));
    await machine.until("curl --silent --fail http://127.0.0.1:3000/readyz > /dev/null");
    await machine.run(take("systemd"));
    await machine.run("systemd-analyze verify ampost@start.service");
    await machine.run("systemd-analyze security --offline=true --threshold=20 /etc/systemd/system/ampost@.service");
    assert.equal(await machine.run("stat --format='%U %a' /var/lib/ampost"), "ampost 700\n");
  });

  await t.test("systemd: behind Caddy", async () => {
    await machine.run(`install -D /dev/stdin /etc/systemd/system/caddy.service.d/test.conf <<END
[Service]
Environment=CADDY_GLOBAL_OPTIONS=local_certs
END
${take("Caddy")}`);
    const authority = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt";
    await useThroughProxy(machine, { authority, ...ofService });
    await machine.run("systemctl stop caddy");
  });

  await t.test("systemd: behind nginx", async () => {
    const authority = "/etc/ssl/ampost/fullchain.pem";
    await machine.run(`mkdir /etc/ssl/ampost
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=app.example.com -days 2 \\
  -addext subjectAltName=DNS:app.example.com,DNS:api.example.com -keyout /etc/ssl/ampost/privkey.pem -out ${authority}
${take("nginx")}`);
    await useThroughProxy(machine, { authority, ...ofService });
    await machine.run("systemctl stop nginx ampost@start");
  });

  assert.deepEqual(
    [...blocks].filter(([, left]) => left.length > 0),
    [],
    "every block of the page was run",
  );
});

const billOfMaterials = z.object({
  bomFormat: z.literal("CycloneDX"),
  components: z.array(z.object({ purl: z.string() })),
});
const manifest = z.object({ name: z.string(), version: z.string() });

const FOR_COMPILING =
  /\/(?:[\w-]+-)?(?:cc|c\+\+|gcc|g\+\+|clang|cpp|ld|as|make|go|rustc|tcc)(?:-[\d.]+)?$|\.(?:h|hpp|a)$|\/include\/./;

/** The shell blocks of the page, by section. */
async function readPage(): Promise<Map<string, string[]>> {
  const page = await readFile(join(ROOT, "docs/guides/deploying.md"), "utf8");
  return new Map(
    page.split(/^##+ /m).map((section) => {
      const [title = ""] = section.split("\n");
      return [title, [...section.matchAll(/^```sh\n([^]*?)^```\n/gm)].map(([, code = ""]) => code)];
    }),
  );
}

/** Runs the page's command, whose `dist` is a folder of the test. */
async function buildImage(command: string, folder: string): Promise<Image> {
  const dist = join(folder, "dist");
  await mkdir(dist);
  const script = `mkdir -p dist; mount --bind "${dist}" dist; ${command}`;
  await promisify(execFile)("unshare", ["--mount", "bash", "-e", "-c", script], { cwd: ROOT });
  return await unpackImage(join(dist, `ampost-${ampost.version}-${process.arch}.tar`), folder);
}

interface File {
  /** As in the image. */
  path: string;
  sizeBytes: number;
  mode: number;
  uid: number;
}

async function filesIn(tree: string): Promise<File[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory() && !entry.isSymbolicLink())
      .map(async ({ parentPath, name }) => {
        const { size: sizeBytes, mode, uid } = await lstat(join(parentPath, name));
        return { path: join(parentPath, name).slice(tree.length), sizeBytes, mode, uid };
      }),
  );
}

async function packagesIn(folder: string): Promise<z.output<typeof manifest>[]> {
  const found: z.output<typeof manifest>[] = [];
  for (const file of await readdir(folder, { recursive: true })) {
    if (!/(?:^|node_modules\/)(?:@[^/]+\/)?[^/]+\/package\.json$/.test(file)) continue;
    found.push(manifest.parse(JSON.parse(await readFile(join(folder, file), "utf8"))));
  }
  return found;
}
