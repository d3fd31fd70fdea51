/**
 * How an instance, or one of its tenants, looks to people who do not have to know Ampost: on pages and in emails. Null:
 * the default.
 */
export interface Brand {
  name: string | null;
  /** A PNG as a data URL, which no page has to fetch. */
  logo: string | null;
  /** Of the main buttons, such as #0a58b8, on light pages. */
  color: string | null;
  /** The same on dark pages. */
  darkColor: string | null;
  /** An email address or https URL for questions. */
  supportAddress: string | null;
}

export const NO_BRAND: Brand = { name: null, logo: null, color: null, darkColor: null, supportAddress: null };

/** What a tenant does not set is the instance's; the two colors belong together. */
export function mergeBrands(own: Brand, instance: Brand): Brand {
  const colors = own.color === null && own.darkColor === null ? instance : own;
  return {
    name: own.name ?? instance.name,
    logo: own.logo ?? (own.name === null ? instance.logo : null),
    color: colors.color,
    darkColor: colors.darkColor,
    supportAddress: own.supportAddress ?? instance.supportAddress,
  };
}

/** What a brand's color is shown on. */
export const SURFACES = { color: "#ffffff", darkColor: "#181818" } as const;

/** Of a control to what is around it. Source: WCAG 2.2, 1.4.11 Non-text Contrast. */
export const LEAST_CONTRAST = 3;

export const COLOR_FORM = /^#[0-9a-f]{6}$/;

/** From 1 to 21. Source: WCAG 2.2, "contrast ratio". */
export function contrastOf(one: string, other: string): number {
  const [lighter, darker] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

/** Text of one of these has a contrast of at least 4.5 to any color. */
export function textColorOn(color: string): "#ffffff" | "#000000" {
  return contrastOf(color, "#ffffff") >= contrastOf(color, "#000000") ? "#ffffff" : "#000000";
}

function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export const MAX_LOGO = { bytes: 65_536, pixels: 1024 } as const;
const PNG_PREFIX = "data:image/png;base64,";
const PNG_SIGNATURE = "89504e470d0a1a0a";

export function toLogo(png: Uint8Array): string {
  return `${PNG_PREFIX}${Buffer.from(png).toString("base64")}`;
}

/** Why a text cannot be a logo, following the word "must"; null if it can. */
export function refuseLogo(text: string): string | null {
  const wanted = `be a PNG of at most ${MAX_LOGO.bytes} bytes`;
  if (!text.startsWith(PNG_PREFIX) || text.length > PNG_PREFIX.length + (MAX_LOGO.bytes / 3 + 1) * 4) return wanted;
  const encoded = text.slice(PNG_PREFIX.length);
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded || bytes.length > MAX_LOGO.bytes) return wanted;
  if (bytes.length < 33 || bytes.toString("hex", 0, 8) !== PNG_SIGNATURE || bytes.toString("latin1", 12, 16) !== "IHDR")
    return wanted;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const isSized = [width, height].every((pixels) => pixels > 0 && pixels <= MAX_LOGO.pixels);
  return isSized ? null : `be at most ${MAX_LOGO.pixels} pixels wide and high`;
}

/** Why a color cannot be used, following the word "must"; null if it can. */
export function refuseColor(name: keyof typeof SURFACES, color: string): string | null {
  if (!COLOR_FORM.test(color)) return "be a color such as #0a58b8";
  const contrast = contrastOf(color, SURFACES[name]);
  if (contrast >= LEAST_CONTRAST) return null;
  return `be ${name === "color" ? "darker" : "lighter"}: its contrast to ${SURFACES[name]} is ${contrast.toFixed(1)}, and must be ${LEAST_CONTRAST} or more`;
}

/** Whether it is an email address or https URL that a link can lead to. */
export function isSupportAddress(text: string): boolean {
  if (/^[^\s<>"'`@:/?&#%]+@[a-z0-9.-]+\.[a-z]{2,}$/i.test(text)) return text.length <= 254;
  const url = /\s/.test(text) ? null : URL.parse(text);
  return url !== null && url.protocol === "https:" && url.username === "" && url.password === "" && text.length <= 500;
}
