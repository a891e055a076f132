/** Lines that a program wrote. */
export function Log({ text, label }: { text: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="log" aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}
