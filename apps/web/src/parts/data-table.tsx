import {
  type ColumnDef,
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { Menu } from "./menu.tsx";
import { Scroller } from "./scroller.tsx";
import { byName } from "./words.ts";

/** One column of a table. */
export interface Column<Row> {
  id: string;
  /** With the unit, where there is one. */
  header: string;
  /** What it is sorted by, and what is shown where `show` says nothing else. */
  value: (row: Row) => string | number | null;
  show?: (row: Row) => ReactNode;
  /** Numbers stand right; with decimals, all have as many, so that they are aligned. */
  decimals?: number;
  /** Only shown when it is asked for. */
  hidden?: boolean;
}

interface Props<Row> {
  /** What it is a table of. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** `auc` or `-auc`: by which column, the largest first with a minus. Given with `onSort`, it is kept elsewhere: in the URL. */
  sort?: string | undefined;
  onSort?: (sort: string | undefined) => void;
  /** Columns that are shown, by their ids; none: those that are not hidden. */
  shown?: readonly string[] | undefined;
  onShown?: (shown: string[]) => void;
  /** Beside the column chooser. */
  tools?: ReactNode;
}

const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel() });
const ROW = 33;
/** Fewer are drawn all, so that the page's own search finds them. */
const MANY = 100;

/** A table that draws what is seen of any number of rows, sorts by its headers and lets columns be chosen. */
export function DataTable<Row extends object>(props: Props<Row>) {
  const { label, columns, rows, rowKey, tools } = props;
  const [ownSort, setOwnSort] = useState(props.sort);
  const [ownShown, setOwnShown] = useState(props.shown);
  const sort = props.onSort ? props.sort : ownSort;
  const chosen = props.onShown ? props.shown : ownShown;
  const shown = chosen && chosen.length > 0 ? chosen : columns.filter(({ hidden }) => !hidden).map(({ id }) => id);
  const definitions = useMemo(() => columns.map(definitionOf), [columns]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable<typeof features, Row>({
    features,
    columns: definitions,
    data,
    getRowId: rowKey,
    enableMultiSort: false,
    state: {
      sorting: sortingOf(sort, columns),
      columnVisibility: Object.fromEntries(columns.map(({ id }) => [id, shown.includes(id)])),
    },
    onSortingChange: (change) => {
      const next = typeof change === "function" ? change(sortingOf(sort, columns)) : change;
      const text = next[0] && `${next[0].desc ? "-" : ""}${next[0].id}`;
      (props.onSort ?? setOwnSort)(text);
    },
  });
  const scroller = useRef<HTMLDivElement>(null);
  const ordered = table.getRowModel().rows;
  const many = ordered.length > MANY;
  const virtualizer = useVirtualizer({
    count: ordered.length,
    enabled: many,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const seen = many ? ordered.slice(items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1) : ordered;
  const first = many ? (items[0]?.index ?? 0) : 0;
  const above = many ? (items[0]?.start ?? 0) : 0;
  const below = many ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const width = shown.length;
  const byId = new Map(columns.map((column) => [column.id, column]));
  return (
    <div className="table">
      <div className="table-tools">
        {tools}
        {columns.length > 3 && <ColumnChooser columns={columns} shown={shown} onShown={props.onShown ?? setOwnShown} />}
      </div>
      <Scroller place={scroller} className={many ? "table-scroll table-many" : "table-scroll"} label={label}>
        <table aria-rowcount={ordered.length + 1}>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map(({ id, column }) => (
                  <th
                    key={id}
                    scope="col"
                    className={isNumber(byId.get(id)) ? "number" : undefined}
                    aria-sort={ariaSort(column.getIsSorted())}
                  >
                    <button type="button" className="sorter" onClick={column.getToggleSortingHandler()}>
                      {byId.get(id)?.header}
                      <span aria-hidden="true">{signs[String(column.getIsSorted())]}</span>
                    </button>
                  </th>
                ))}
              </tr>
            ))}
          </thead>
          <tbody>
            <Spacer height={above} width={width} />
            {seen.map((row, at) => (
              <tr key={row.id} aria-rowindex={first + at + 2}>
                {row.getVisibleCells().map((cell) => {
                  const column = byId.get(cell.column.id) as Column<Row>;
                  return (
                    <td key={cell.id} className={isNumber(column) ? "number" : undefined}>
                      {column.show ? column.show(row.original) : written(column, row.original)}
                    </td>
                  );
                })}
              </tr>
            ))}
            <Spacer height={below} width={width} />
          </tbody>
        </table>
      </Scroller>
    </div>
  );
}

function definitionOf<Row extends object>({
  id,
  header,
  value,
  decimals,
}: Column<Row>): ColumnDef<typeof features, Row> {
  return {
    id,
    header,
    accessorFn: value,
    // What has no value comes last, whichever way.
    sortUndefined: "last",
    sortDescFirst: decimals !== undefined,
    sortFn: (one, other) => compare(value(one.original), value(other.original)),
  };
}

function compare(one: string | number | null, other: string | number | null): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  return byName(String(one), String(other));
}

const signs: Readonly<Record<string, string>> = { asc: " ↑", desc: " ↓", false: "" };

function ariaSort(sorted: false | "asc" | "desc"): "ascending" | "descending" | undefined {
  if (sorted === false) return undefined;
  return sorted === "asc" ? "ascending" : "descending";
}

function sortingOf(sort: string | undefined, columns: readonly { id: string }[]): SortingState {
  const id = sort?.replace(/^-/, "");
  return columns.some((column) => column.id === id) ? [{ id: id as string, desc: sort?.startsWith("-") === true }] : [];
}

function isNumber(column: { decimals?: number } | undefined): boolean {
  return column?.decimals !== undefined;
}

function written<Row>({ value, decimals }: Column<Row>, row: Row): string {
  const own = value(row);
  if (own === null) return "–";
  if (typeof own === "string") return own;
  return decimals === undefined ? String(own) : own.toLocaleString("en", fixed(decimals));
}

function fixed(decimals: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
}

/** Room of the rows that are not drawn. */
function Spacer({ height, width }: { height: number; width: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={width} className="spacer" height={height} />
    </tr>
  );
}

interface ChooserProps {
  columns: readonly { id: string; header: string }[];
  shown: readonly string[];
  onShown: (shown: string[]) => void;
}

function ColumnChooser({ columns, shown, onShown }: ChooserProps) {
  const toggle = (id: string) => {
    const next = columns
      .filter((column) => shown.includes(column.id) !== (column.id === id))
      .map((column) => column.id);
    if (next.length > 0) onShown(next);
  };
  return (
    <Menu
      side="right"
      label={
        <>
          Columns{" "}
          <span className="faint">
            {shown.length} of {columns.length}
          </span>
        </>
      }
    >
      {columns.map(({ id, header }) => (
        <label key={id}>
          <input type="checkbox" checked={shown.includes(id)} onChange={() => toggle(id)} /> {header}
        </label>
      ))}
    </Menu>
  );
}
