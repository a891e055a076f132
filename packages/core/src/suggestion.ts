import leven from "leven";

/** `did you mean "lira"?` for a near miss, the list of what is known otherwise. */
export function suggestion(given: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: leven(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  // Changing every letter of a short name makes any other of it.
  const near = Math.min(Math.max(2, Math.floor(given.length / 3)), given.length - 1);
  if (nearest && nearest.distance <= near) return `did you mean "${nearest.name}"?`;
  return known.length > 0 ? `known: ${known.join(", ")}` : "remove it";
}
