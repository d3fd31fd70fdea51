import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { PackedFile } from "./tarball.ts";

const FOLDER = join(import.meta.dirname, "../client/python");

/** "ampost-0.1.0-py3-none-any.whl", from which pip reads that it runs everywhere. */
export function wheelName(version: string): string {
  return `ampost-${version}-py3-none-any.whl`;
}

/**
 * The Python client as a wheel
 * (https://packaging.python.org/en/latest/specifications/binary-distribution-format), which pip installs without
 * building anything.
 */
export async function pythonPackage(version: string): Promise<PackedFile[]> {
  const info = `ampost-${version}.dist-info`;
  const names = (await readdir(join(FOLDER, "ampost"))).filter((name) => /\.(py|typed)$/.test(name)).sort();
  const metadata = [
    "Metadata-Version: 2.4",
    "Name: ampost",
    `Version: ${version}`,
    "Summary: Client of the Ampost API: publish to Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads, exactly once.",
    "License-Expression: Apache-2.0",
    "License-File: LICENSE",
    "Requires-Python: >=3.11",
    "Description-Content-Type: text/markdown",
    "",
    await readFile(join(FOLDER, "README.md"), "utf8"),
  ];
  const wheel = ["Wheel-Version: 1.0", "Generator: ampost", "Root-Is-Purelib: true", "Tag: py3-none-any", ""];
  const files: PackedFile[] = [
    ...(await Promise.all(
      names.map(async (name) => ({ path: `ampost/${name}`, bytes: await readFile(join(FOLDER, "ampost", name)) })),
    )),
    { path: `${info}/METADATA`, bytes: Buffer.from(metadata.join("\n")) },
    { path: `${info}/WHEEL`, bytes: Buffer.from(wheel.join("\n")) },
    { path: `${info}/licenses/LICENSE`, bytes: await readFile(join(FOLDER, "LICENSE")) },
  ];
  const record = files.map(({ path, bytes }) => {
    const digest = createHash("sha256").update(bytes).digest("base64url");
    return `${path},sha256=${digest},${bytes.length}\n`;
  });
  const path = `${info}/RECORD`;
  return [...files, { path, bytes: Buffer.from(`${record.join("")}${path},,\n`) }];
}
