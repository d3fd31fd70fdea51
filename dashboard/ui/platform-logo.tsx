import type { PlatformName } from "../../model/platform-names.ts";
import { LOGOS } from "../../platforms/logos.ts";
import { PlatformsIcon } from "./icons.tsx";

const BLACK = "#000000";

/** The logo of a platform, beside its name. Black ones take the color of the text. */
export function PlatformLogo({ platform, className = "size-5" }: { platform: PlatformName; className?: string }) {
  const logo = LOGOS[platform];
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
