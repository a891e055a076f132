interface Props<Value extends string> {
  label: string;
  value: Value;
  options: readonly (Value | { value: Value; label: string })[];
  onChange: (value: Value) => void;
}

/** One of a few. */
export function Choice<Value extends string>({ label, value, options, onChange }: Props<Value>) {
  return (
    <label>
      {label}{" "}
      <select value={value} onChange={({ target }) => onChange(target.value as Value)}>
        {options.map((option) => {
          const { value: own, label: said } = typeof option === "string" ? { value: option, label: option } : option;
          return (
            <option key={own} value={own}>
              {said}
            </option>
          );
        })}
      </select>
    </label>
  );
}
