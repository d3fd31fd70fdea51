/** The result of one check. `cure` says exactly what to do, if anything. */
export interface Finding {
  name: string;
  status: "ok" | "warning" | "failed";
  message: string;
  cure: string | null;
}

export const ok = (name: string, message: string): Finding => ({ name, status: "ok", message, cure: null });
export const warning = (name: string, message: string, cure: string): Finding => ({
  name,
  status: "warning",
  message,
  cure,
});
export const failed = (name: string, message: string, cure: string): Finding => ({
  name,
  status: "failed",
  message,
  cure,
});

/** For people. */
export function linesOf({ name, status, message, cure }: Finding): string[] {
  const sign = { ok: "ok     ", warning: "warning", failed: "FAILED " }[status];
  return [`${sign}  ${name.padEnd(14)} ${message}`, ...(cure === null ? [] : [`         ${" ".repeat(14)} → ${cure}`])];
}
