import { contrastOf, LEAST_CONTRAST, SURFACES, textColorOn } from "../../model/brand.ts";
import { start } from "../start.ts";
import { isDark } from "./theme.ts";

/** The brand's color, where it stands out from the page. */
export function applyBrand(): void {
  const { color, darkColor, name } = start.brand;
  const usable = isDark()
    ? (darkColor ?? (color !== null && contrastOf(color, SURFACES.darkColor) >= LEAST_CONTRAST ? color : null))
    : color;
  const { style } = document.documentElement;
  if (usable === null) {
    style.removeProperty("--brand");
    style.removeProperty("--on-brand");
  } else {
    style.setProperty("--brand", usable);
    style.setProperty("--on-brand", textColorOn(usable));
  }
  document.title = name ?? "Ampost";
}
