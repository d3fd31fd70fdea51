import type { Shape } from "./installation.ts";
import type { PlannedPost } from "./plan.ts";
import type { Draws } from "./random.ts";

/** Further platforms of most posts, on which the same media can be published. Those with the same text have the same. */
export function drawSiblings(draws: Draws, mains: readonly PlannedPost[], shapes: readonly Shape[]): PlannedPost[] {
  const siblings: PlannedPost[] = [];
  // A post without text is identified by its account.
  const silent = new Set(mains.filter(({ shape }) => shape.content.text === "").map(placeOf));
  for (const [place, main] of mains.entries()) {
    const twin = mains.findIndex((other) => other.tenant === main.tenant && other.words === main.words);
    if (twin < place) {
      const those = siblings.filter(({ siblingOf }) => siblingOf === twin);
      siblings.push(...those.map((each) => ({ ...each, when: main.when, siblingOf: place })));
      continue;
    }
    if (main.shape.content.text === "") continue;
    const fitting = shapes.filter(
      (shape) => lookOf(shape) === lookOf(main.shape) && !silent.has(placeOf({ ...main, shape })),
    );
    const taken = new Set([main.shape.platform]);
    for (let count = draws.pick([0, 1, 1, 2, 3]); count > 0; count -= 1) {
      const others = fitting.filter(({ platform }) => !taken.has(platform));
      if (others.length === 0) break;
      const shape = draws.pick(others);
      taken.add(shape.platform);
      siblings.push({ ...main, shape, siblingOf: place });
    }
  }
  return siblings;
}

function placeOf({ tenant, shape }: Pick<PlannedPost, "tenant" | "shape">): string {
  return `${tenant} ${shape.platform}`;
}

/** Its media, and whether it has a text. */
function lookOf({ content }: Shape): string {
  return [content.text === "", ...content.media.map(({ filename }) => filename)].join(" ");
}
