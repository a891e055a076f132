/** Whether numbers are of real data: what is synthetic is hatched, as in the pictures, and says so. */
export function DataTag({ data }: { data: "real" | "synthetic" }) {
  return data === "real" ? <span className="tag">real data</span> : <span className="tag made">SYNTHETIC data</span>;
}
