import { hueOf } from "../platforms/kit/card/card.ts";
import type { Outcome } from "./platform.ts";

/** A distinct picture for every name, so that copying profile pictures and media can be tried out. */
export function drawPicture(name: string): Outcome {
  return drawSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="150" height="150"><rect width="150" height="150" fill="hsl(${hueOf(name)},60%,50%)"/>
<circle cx="75" cy="58" r="28" fill="#fff" opacity=".9"/><ellipse cx="75" cy="138" rx="52" ry="46" fill="#fff" opacity=".9"/></svg>`);
}

/** A JPEG. What draws it is loaded for the first one. */
export function drawSvg(svg: string): Outcome {
  return import("sharp")
    .then(({ default: sharp }) => sharp(Buffer.from(svg)).jpeg().toBuffer())
    .then((body) => () => ({ status: 200, headers: { "content-type": "image/jpeg" }, body }));
}
