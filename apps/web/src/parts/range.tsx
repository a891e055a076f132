interface Props {
  label: string;
  from: string | number | undefined;
  to: string | number | undefined;
  /** Whether both ends must be given. */
  closed?: boolean;
  onRange: (from: number | undefined, to: number | undefined) => void;
}

/** The ends of a stretch of numbers. */
export function Range({ label, from, to, closed = false, onRange }: Props) {
  return (
    <form
      className="range"
      // What is set elsewhere is shown anew.
      key={`${from} ${to}`}
      onSubmit={(event) => {
        event.preventDefault();
        const ends = new FormData(event.currentTarget);
        onRange(numberIn(ends.get("from")), numberIn(ends.get("to")));
      }}
    >
      <span>{label}</span>
      <End name="from" label={`${label} from`} value={from} required={closed} />
      <End name="to" label={`${label} to`} value={to} required={closed} />
      <button type="submit">Set</button>
    </form>
  );
}

interface EndProps {
  name: string;
  label: string;
  value: string | number | undefined;
  required: boolean;
}

function End({ name, label, value, required }: EndProps) {
  return (
    <input type="number" step="any" name={name} aria-label={label} defaultValue={value ?? ""} required={required} />
  );
}

function numberIn(text: FormDataEntryValue | null): number | undefined {
  return text === null || text === "" ? undefined : Number(text);
}
