/** The closest name in the list to `word`: at most a third of it mistyped, ignoring case and separators. */
export function nearestWord(words: readonly string[], word: string): string | undefined {
  const wanted = plain(word);
  const scored = words.map((candidate) => ({ candidate, distance: distance(plain(candidate), wanted) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined &&
    best.distance <= Math.max(1, Math.floor(wanted.length / 3)) &&
    best.distance < wanted.length
    ? best.candidate
    : undefined;
}

function plain(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, "");
}

/** Damerau-Levenshtein: insertions, deletions, substitutions and transpositions. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      const row = rows[i];
      if (row !== undefined) row[j] = best;
    }
  }
  return at(a.length, b.length);
}
