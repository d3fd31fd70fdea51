/** All of them also name older ones, so the order matters. */
const BROWSERS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
] as const;
const SYSTEMS = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
] as const;

/** "Firefox · Linux"; null if nothing is known. */
export function nameOfBrowser(userAgent: string | null): string | null {
  if (userAgent === null) return null;
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find(([sign]) => sign.test(userAgent))?.[1]);
  if (browser === undefined) return userAgent.slice(0, 80);
  return system === undefined ? browser : `${browser} · ${system}`;
}
