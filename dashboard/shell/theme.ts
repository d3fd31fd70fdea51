export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "ampost.theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export function readTheme(): Theme {
  return THEMES.find((each) => each === localStorage.getItem(STORED)) ?? "system";
}

export function isDark(): boolean {
  const theme = readTheme();
  return theme === "system" ? prefersDark.matches : theme === "dark";
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
}

export function saveTheme(theme: Theme): void {
  localStorage.setItem(STORED, theme);
  applyTheme();
}

prefersDark.addEventListener("change", applyTheme);
