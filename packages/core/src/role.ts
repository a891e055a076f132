/** What a token allows; each role may do what those before it may. */
export const roles = ["reader", "submitter", "admin"] as const;
export type Role = (typeof roles)[number];

/** Whether a role may do what needs another. */
export function allows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
