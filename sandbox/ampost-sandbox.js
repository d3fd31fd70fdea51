#!/usr/bin/env node
// Runs on any Node version a machine may have, to say which one it needs. Old syntax only.
"use strict";

if (Number(process.versions.node.split(".")[0]) >= 24) import("./command.ts");
else {
  console.error("The sandbox needs Node.js 24 or newer; this is " + process.version + ".");
  process.exitCode = 1;
}
