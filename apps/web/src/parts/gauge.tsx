const WIDTH = 72;
const HEIGHT = 10;

/** A part of a whole as a small bar, with the number beside it. */
export function Gauge({ label, value, most, text }: { label: string; value: number; most: number; text: string }) {
  const part = most > 0 ? Math.min(1, value / most) : 0;
  return (
    <span className="gauge">
      <svg role="img" aria-label={`${label}: ${text}`} width={WIDTH} height={HEIGHT}>
        <rect className="gauge-whole" width={WIDTH} height={HEIGHT} />
        <rect className="gauge-part" width={WIDTH * part} height={HEIGHT} />
      </svg>{" "}
      {text}
    </span>
  );
}
