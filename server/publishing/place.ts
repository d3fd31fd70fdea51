import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where a data folder is: which folder of which file system, and on which machine. A copy has another place. */
export function readPlace(dataDir: string): string {
  const { ino, birthtimeNs } = statSync(dataDir, { bigint: true });
  return [ino, birthtimeNs, machineId(), permanentAddresses().join(",")].join(" ");
}

/**
 * Whether it may be the same place. A folder that was renamed keeps its number and its birth; some file systems keep
 * only one of them. A machine keeps its ID and at least one of its network interfaces; what is not known differs from
 * nothing.
 */
export function isSamePlace(one: string, other: string): boolean {
  const [ino, birth, machine, addresses] = one.split(" ");
  const [otherIno, otherBirth, otherMachine, otherAddresses] = other.split(" ");
  if (ino !== otherIno && birth !== otherBirth) return false;
  if (machine !== "" && otherMachine !== "" && machine !== otherMachine) return false;
  if (!addresses || !otherAddresses) return true;
  const others = new Set(otherAddresses.split(","));
  return addresses.split(",").some((address) => others.has(address));
}

/** A container is another machine at every start. */
const isContainer = () =>
  ["/.dockerenv", "/run/.containerenv"].some((path) => existsSync(path)) || "KUBERNETES_SERVICE_HOST" in process.env;

function machineId(): string {
  return isContainer() ? "" : read("/etc/machine-id");
}

const INTERFACES = "/sys/class/net";

/** Of hardware interfaces whose address nobody has set. Source: https://docs.kernel.org/networking/ (addr_assign_type) */
function permanentAddresses(): string[] {
  if (isContainer() || !existsSync(INTERFACES)) return [];
  return readdirSync(INTERFACES)
    .filter(
      (name) =>
        existsSync(join(INTERFACES, name, "device")) && read(join(INTERFACES, name, "addr_assign_type")) === "0",
    )
    .map((name) => read(join(INTERFACES, name, "address")))
    .filter((address) => address !== "")
    .sort();
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
