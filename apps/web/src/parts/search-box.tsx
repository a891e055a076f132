import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { queries } from "../queries.ts";
import { isTyping } from "./typing.ts";

interface Found {
  key: string;
  label: string;
  about: string;
  href: string;
}

/** Finds experiments by a part of their name, what was attacked or defended by name, and results by the first digits of their key. */
export function SearchBox() {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const navigate = useNavigate();
  const found = useFound(useDeferredValue(text.trim()));
  useEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  const go = (one: Found | undefined) => {
    if (!one) return;
    setText("");
    setOpen(false);
    input.current?.blur();
    void navigate({ href: one.href });
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") go(found[active]);
    if (event.key === "Escape") input.current?.blur();
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setActive((active + step + found.length) % found.length);
    }
  };
  const shown = open && text.trim() !== "";
  return (
    <search className="search">
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label="Search"
        placeholder="Search  /"
        aria-expanded={shown && found.length > 0}
        aria-controls={list}
        aria-activedescendant={shown && found[active] ? `${list}-${active}` : undefined}
        autoComplete="off"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={pressed}
      />
      {shown && (
        <div className="found">
          {found.length === 0 && <p className="faint">Nothing has this in its name.</p>}
          {found.length > 0 && (
            <div id={list} role="listbox" aria-label="Found">
              {found.map((one, at) => (
                <div
                  key={one.key}
                  id={`${list}-${at}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={at === active}
                  onMouseDown={(event) => {
                    // The field keeps the focus, takes the keys, and says which is active.
                    event.preventDefault();
                    if (event.button === 0) go(one);
                  }}
                >
                  {one.label} <span className="faint">{one.about}</span>
                </div>
              ))}
            </div>
          )}
        </div>
      )}
    </search>
  );
}

const MOST = 6;
const units = ["dataset", "attack", "defense", "model"] as const;

function useFound(text: string): Found[] {
  const asked = { enabled: text !== "" };
  const experiments = useQuery({ ...queries.someExperiments({ name: text, limit: MOST }), ...asked });
  const dimensions = useQuery({ ...queries.dimensions(), ...asked });
  if (text === "") return [];
  const own = (experiments.data?.experiments ?? []).map(({ id, name, state }) => ({
    ...{ key: id, label: name, about: `experiment, ${state}` },
    href: `/experiments/${encodeURIComponent(id)}`,
  }));
  const named = units.flatMap((unit) =>
    (dimensions.data?.values[unit] ?? [])
      .map(({ value, count }) => ({ value: String(value), count }))
      .filter(({ value }) => value.includes(text.toLowerCase()))
      .slice(0, MOST)
      .map(({ value, count }) => ({
        ...{ key: `${unit} ${value}`, label: value, about: `${unit}, ${count} results` },
        href: `/compare?${new URLSearchParams({ [unit]: value })}`,
      })),
  );
  const result = /^[0-9a-f]{6,}$/.test(text)
    ? [{ key: text, label: text, about: "result by its key", href: `/results/${text}` }]
    : [];
  return [...result, ...own, ...named];
}
