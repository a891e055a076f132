import { Scroller } from "./scroller.tsx";

/** Lines that a program wrote. */
export function Log({ text, label }: { text: string; label: string }) {
  return (
    <Scroller className="log" label={label}>
      <pre>{text}</pre>
    </Scroller>
  );
}
