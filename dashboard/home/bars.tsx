const WIDTH = 4;
const GAP = 2;
const HEIGHT = 48;
const LOW_HEIGHT = 20;

/** Bars beside each other, each at least a pixel high if it is not nothing. */
export function Bars({
  label,
  most,
  bars,
  isLow = false,
}: {
  label: string;
  /** The value of the highest possible bar. */
  most: number;
  bars: readonly { value: number; title: string }[];
  isLow?: boolean;
}) {
  const height = isLow ? LOW_HEIGHT : HEIGHT;
  const width = bars.length * (WIDTH + GAP) - GAP;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={`w-full border-b ${isLow ? "mt-1 h-6 fill-dim" : "h-14 fill-link"}`}
    >
      {bars.map(({ value, title }, index) => {
        const shown = value === 0 ? 0 : Math.max(1, (value / most) * height);
        return (
          <g key={title}>
            <title>{title}</title>
            <rect x={index * (WIDTH + GAP)} y={0} width={WIDTH} height={height} fillOpacity={0} />
            <rect x={index * (WIDTH + GAP)} y={height - shown} width={WIDTH} height={shown} />
          </g>
        );
      })}
    </svg>
  );
}
