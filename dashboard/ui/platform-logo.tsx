import type { PlatformName } from "../../model/platform-names.ts";
import type { Logo } from "../../platforms/definition.ts";
import { PlatformsIcon } from "./icons.tsx";

const BLACK = "#000000";

/** By the path of the file: every platform that has a logo has it in its folder. */
const LOGOS = import.meta.glob<Logo>("../../platforms/*/logo.ts", { eager: true, import: "logo" });

/** The logo of a platform, beside its name. Black ones take the color of the text. */
export function PlatformLogo({ platform, className = "size-5" }: { platform: PlatformName; className?: string }) {
  const logo = LOGOS[`../../platforms/${platform}/logo.ts`];
  if (logo === undefined) return <PlatformsIcon />;
  const { path, color } = logo;
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      className={`shrink-0 ${className}`}
      style={{ fill: color === BLACK ? "currentColor" : color }}
    >
      <path d={path} />
    </svg>
  );
}
