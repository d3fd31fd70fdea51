export function Keys({ keys, className = "" }: { keys: readonly string[]; className?: string }) {
  return (
    <span className={`inline-flex gap-1 ${className}`}>
      {keys.map((key) => (
        <kbd key={key} className="rounded border bg-tint px-1.5 py-0.5 font-sans text-xs text-dim">
          {key.length === 1 ? key.toUpperCase() : key}
        </kbd>
      ))}
    </span>
  );
}
