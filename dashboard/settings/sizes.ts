const UNITS = [
  [1e12, "terabyte"],
  [1e9, "gigabyte"],
  [1e6, "megabyte"],
  [1e3, "kilobyte"],
  [1, "byte"],
] as const;

/** "1.5 GB" */
export function sizeOf(bytes: number, locale: string): string {
  const [size, unit] = UNITS.find(([least]) => bytes >= least) ?? [1, "byte"];
  const unitDisplay = unit === "byte" ? "long" : "short";
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 }).format(
    bytes / size,
  );
}
