import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** `npm run dashboard`, and after each installation: builds the app that the server sends to browsers. */
const PACKAGES = join(import.meta.dirname, "../node_modules");

// Without its packages, as in the container image, the app has been built before.
if (existsSync(join(PACKAGES, "vite"))) {
  // The English catalog is what the code says, so it is not kept.
  run("@lingui/cli/dist/lingui.js", "extract", "--locale", "en", "--clean");
  run("vite/bin/vite.js", "build");
}

function run(script: string, ...given: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(PACKAGES, script), ...given], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    // Nothing is left in the temporary folder.
    env: { ...process.env, LINGUI_SUPPRESS_BABEL_WARNING: "1", JITI_FS_CACHE: "false" },
  });
  if (status === 0) return;
  console.error(stdout, stderr);
  process.exit(status ?? 1);
}
