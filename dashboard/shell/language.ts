import { i18n, type Messages } from "@lingui/core";

const CATALOGS: Record<string, () => Promise<{ messages: Messages }>> = {
  en: () => import("../locales/en.po"),
  de: () => import("../locales/de.po"),
};
const STORED = "ampost.language";
const FROM_RIGHT = new Set(["ar", "fa", "he", "ur"]);

export const LANGUAGES = Object.keys(CATALOGS);

/** The language that was chosen, otherwise the first of the browser's that there is. */
export function readLanguage(): string {
  const wanted = [localStorage.getItem(STORED) ?? "", ...navigator.languages.map((tag) => tag.split("-")[0] ?? "")];
  return wanted.find((language) => language in CATALOGS) ?? "en";
}

/** The language as it is spoken where the user is: "en-GB" of "en", if the browser says so. */
export function regionOf(language = i18n.locale): string {
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
}

export async function chooseLanguage(language = readLanguage()): Promise<void> {
  const catalog = await CATALOGS[language]?.();
  if (catalog === undefined) return;
  i18n.loadAndActivate({ locale: language, locales: regionOf(language), messages: catalog.messages });
  document.documentElement.lang = language;
  document.documentElement.dir = FROM_RIGHT.has(language) ? "rtl" : "ltr";
}

export async function saveLanguage(language: string): Promise<void> {
  localStorage.setItem(STORED, language);
  await chooseLanguage(language);
}
