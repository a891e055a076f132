/** The most jobs that wait in the queue, whatever the pace. */
const WIDEST = 2_000;

/** Jobs that may wait in the queue: enough that no slot goes idle between two looks, and few enough that a newcomer's turn comes soon. */
export interface Window {
  size: number;
  /** Beyond what every farm of so many slots has. */
  extra: number;
}

/** The first window: with as many jobs running, twice the slots and a little. */
export function openWindow(slots: number): Window {
  return { size: slots + 2, extra: 0 };
}

/** Widens a window that the workers had emptied before it was filled with `handed` jobs, and narrows one that was half full. */
export function adjustWindow({ size, extra }: Window, handed: number, slots: number): Window {
  const waited = size - handed;
  const emptied = waited < slots / 2;
  const next = emptied ? 2 * extra + slots : waited > size / 2 ? Math.floor(extra * 0.9) : extra;
  const bounded = Math.min(next, WIDEST);
  return { size: openWindow(slots).size + bounded, extra: bounded };
}
