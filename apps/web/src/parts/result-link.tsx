import { useRouter } from "@tanstack/react-router";

/** Leads to the page of a result, by its key. */
export function ResultLink({ name }: { name: string }) {
  const router = useRouter();
  const href = `/results/${name}`;
  return (
    <a
      href={href}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        void router.navigate({ href });
      }}
    >
      {name.slice(0, 10)}
    </a>
  );
}
