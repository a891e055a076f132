import { useEffect, useRef } from "react";
import { navigation } from "../navigation.ts";
import { isTyping } from "./typing.ts";

/** The list of keys, which `?` opens. */
export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "?" && !isTyping(event)) dialog.current?.showModal();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  const keys = [
    ["/", "search experiments, units and results"],
    ...navigation.map(({ letter, label }) => [`g ${letter}`, `go to ${label}`]),
    ["← ↑ → ↓", "move among the marks of a picture"],
    ["Enter", "open the mark"],
    ["?", "this list"],
    ["Esc", "close"],
  ] as const;
  return (
    <>
      <button
        type="button"
        className="quiet"
        aria-label="Keyboard shortcuts"
        onClick={() => dialog.current?.showModal()}
      >
        ?
      </button>
      <dialog ref={dialog} aria-labelledby="shortcuts">
        <h2 id="shortcuts">Keyboard shortcuts</h2>
        <dl className="keys">
          {keys.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
