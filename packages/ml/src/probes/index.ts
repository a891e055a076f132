/** Every probe by name. */
export const probes = {};
