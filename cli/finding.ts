/** What was looked at. `cure` says exactly what to do, where something is to be done. */
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
