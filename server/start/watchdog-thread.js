// The thread of watchdog.ts. Plain JavaScript, because stripping types would use more memory than everything else.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { beats, seconds, part } = workerData;

// Counted in its own rounds, so that a process that was stopped, or a machine that slept or is overloaded, is not
// mistaken for an endless loop.
for (let missed = 0; missed < seconds;) {
  const seen = Atomics.load(beats, 0);
  Atomics.wait(beats, 0, seen, 1000);
  missed = Atomics.load(beats, 0) === seen ? missed + 1 : 0;
}
const msg = `Code of this process does not come to an end: nothing else ran for ${seconds} s. The process is ended`;
writeSync(2, `${JSON.stringify({ level: "fatal", time: new Date().toISOString(), part, msg })}\n`);
process.kill(process.pid, "SIGKILL");
