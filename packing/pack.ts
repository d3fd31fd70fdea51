import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { fileNameOf, filesOf, PACKAGE_NAMES, versionOfAll } from "./packages.ts";
import { pythonPackage, wheelName } from "./python-package.ts";
import { type PackedFile, toTarball } from "./tarball.ts";
import { toZip } from "./zip.ts";

/**
 * `npm run pack -- [NAME…] [--to FOLDER] [--repository URL]`: writes the packages, all by default, and prints their
 * paths. npm attests where a package was built only if it names its repository.
 */
const { values, positionals } = parseArgs({
  options: { to: { type: "string", default: "packages" }, repository: { type: "string" } },
  allowPositionals: true,
});
const version = await versionOfAll();
await mkdir(values.to, { recursive: true });
const names = [...PACKAGE_NAMES, "python"];
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`There is no package ${unknown}: ${names.join(", ")}.`);
for (const name of positionals.length === 0 ? names : positionals) {
  const [fileName, archive] =
    name === "python"
      ? [wheelName(version), toZip(await pythonPackage(version))]
      : [
          fileNameOf(name, version),
          toTarball((await filesOf(name)).map((file) => withRepository(file, values.repository))),
        ];
  await writeFile(join(values.to, fileName), archive);
  console.log(join(values.to, fileName));
}

function withRepository(file: PackedFile, url: string | undefined): PackedFile {
  if (file.path !== "package.json" || url === undefined) return file;
  const manifest = { ...JSON.parse(String(Buffer.from(file.bytes))), repository: { type: "git", url } };
  return { ...file, bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) };
}
