import type { progressSchema } from "@shadowfarm/core/api/experiments";
import type { z } from "zod";
import { plotProgress } from "../plots/progress.ts";
import { Picture } from "./picture.tsx";

interface Props {
  progress: z.output<typeof progressSchema>;
  title: string;
  width?: number;
}

/** A thin bar of all jobs by what has become of them, and how many are finished. */
export function ProgressBar({ progress, title, width = 160 }: Props) {
  const { total, done, cached, running, failed, blocked } = progress;
  const waiting = total - done - running - failed;
  const svg = plotProgress({ done: done - cached, cached, running, failed, waiting }, { title, width, height: 10 });
  return (
    <span className="progress">
      <Picture svg={svg} />
      <span className="faint">
        {done.toLocaleString("en")}/{total.toLocaleString("en")}
      </span>
      {failed > 0 && (
        <span className="bad">
          {" "}
          {failed.toLocaleString("en")} failed{blocked > 0 && `, ${blocked.toLocaleString("en")} behind them`}
        </span>
      )}
    </span>
  );
}
