/**
 * A number from 0 up to 1 that depends only on the seed and the words: removing one decision leaves all others
 * unchanged.
 */
export function chanceOf(seed: number, ...words: (string | number)[]): number {
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b;
  for (const character of words.join(" ")) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
  return ((state ^ (state >>> 15)) >>> 0) / 4_294_967_296;
}

/** Sequential draws, for decisions made before a run starts. */
export interface Draws {
  /** From 0 up to 1. */
  chance(): number;
  /** An integer from `least` to `most`, inclusive. */
  whole(least: number, most: number): number;
  pick<Element>(elements: readonly Element[]): Element;
  /** One of the keys, with a probability given by its weight. */
  weighed<Key extends string>(weights: Readonly<Record<Key, number>>): Key;
}

export function drawsOf(seed: number, topic: string): Draws {
  let number = 0;
  const chance = (): number => chanceOf(seed, topic, number++);
  const pick = <Element>(elements: readonly Element[]): Element => {
    const element = elements[Math.floor(chance() * elements.length)];
    if (element === undefined) throw new Error("There is nothing to draw from");
    return element;
  };
  return {
    chance,
    whole: (least, most) => least + Math.floor(chance() * (most - least + 1)),
    pick,
    weighed<Key extends string>(weights: Readonly<Record<Key, number>>) {
      const all = Object.entries<number>(weights);
      let left = chance() * all.reduce((sum, [, weight]) => sum + weight, 0);
      const found = Object.keys(weights).find((key) => {
        left -= all.find(([name]) => name === key)?.[1] ?? 0;
        return left < 0;
      });
      return isKeyOf(weights, found) ? found : pick(keysOf(weights));
    },
  };
}

function keysOf<Key extends string>(weights: Readonly<Record<Key, number>>): Key[] {
  return Object.keys(weights).filter((key) => isKeyOf(weights, key));
}

function isKeyOf<Key extends string>(weights: Readonly<Record<Key, number>>, key: string | undefined): key is Key {
  return key !== undefined && Object.hasOwn(weights, key);
}
