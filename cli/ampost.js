#!/usr/bin/env node
// Runs on any Node version a machine may have, and hands over to the one installed with the code. Old syntax only.
"use strict";

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { availableParallelism, constants, setPriority } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

var NEEDED = 24;
var root = dirname(dirname(fileURLToPath(import.meta.url)));

if (Number(process.versions.node.split(".")[0]) >= NEEDED) runHere();
else runThere(findNode());

function runHere() {
  // Requests come first, from the moment it starts.
  if (process.argv[2] === "backup") setPriority(constants.priority.PRIORITY_LOW);
  // Compiled code is cached across starts; compiling is most of the startup time.
  nodeModule.enableCompileCache(join(root, "node_modules", ".cache", "compile"));
  // Loading the code creates garbage once; V8 would never return the memory it reserves for that.
  setFlagsFromString("--semi-space-growth-factor=1");
  // On few cores, V8's garbage collector threads only take time from PostgreSQL.
  if (availableParallelism() <= 2) setFlagsFromString("--no-parallel-scavenge");
  if (existsSync(".env")) process.loadEnvFile(".env");
  import("./program.ts")
    .then(function (program) {
      return program.run(process.argv.slice(2));
    })
    .then(function () {
      setFlagsFromString("--semi-space-growth-factor=2");
    });
}

/** npm installs it below this package or, in another project, beside it. */
function findNode() {
  var name = join("node_modules", "node-" + process.platform + "-" + process.arch, "bin", "node");
  for (var folder = root; !existsSync(join(folder, name)); folder = dirname(folder))
    if (folder === dirname(folder)) return undefined;
  return join(folder, name);
}

function runThere(node) {
  if (!node) {
    console.error("Ampost needs Node.js " + NEEDED + " or newer; this is " + process.version + ".");
    console.error(
      process.platform === "linux"
        ? 'The one that npm installs is missing: run "npm install" with optional packages in ' + root + "."
        : "npm installs its own on Linux only: install a newer one from https://nodejs.org.",
    );
    process.exit(1);
  }
  // The channel tells the other process that this one is gone if it is killed.
  var child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  ["SIGINT", "SIGTERM", "SIGHUP"].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on("exit", function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code);
  });
}
