/** Lets the event loop take a turn: a queue lock is renewed, a cancellation arrives. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
