import { useRouter } from "@tanstack/react-router";
import { ProblemView } from "./problem-view.tsx";

/** What a page throws: mostly a search in its URL that it does not know. */
export function BrokenPage({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return <ProblemView error={error} onRetry={again} />;
}
