import type { picturesSchema, resultDetailSchema, scoresSchema } from "@shadowfarm/core/api/results";
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { apiPath } from "../../api.ts";
import { Loaded } from "../../parts/loaded.tsx";
import { queries } from "../../queries.ts";

type Result = z.output<typeof resultDetailSchema>;
type Scored = z.output<typeof scoresSchema>["exposed"][number];
type Pictures = z.output<typeof picturesSchema>;

/** The members of which the attack is surest, with their pictures where there are some. */
export function Exposed({ result: { jobKey } }: { result: Result }) {
  const scores = useQuery(queries.scores(jobKey));
  const pictures = useQuery(queries.pictures(jobKey));
  return (
    <section>
      <h2>The most exposed records</h2>
      <Loaded query={scores}>
        {({ exposed, records }) => (
          <>
            <p className="faint">
              The {exposed.length} members with the highest scores, of {records.toLocaleString("en")} records that were
              judged. {noteOf(pictures.data)}
            </p>
            <ol className="exposed">
              {exposed.map((scored) => (
                <Record key={scored.record} jobKey={jobKey} scored={scored} pictures={pictures.data} />
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </section>
  );
}

function noteOf(pictures: Pictures | undefined): string {
  if (pictures?.pictures === false) return `No pictures: ${pictures.reason}.`;
  return pictures?.synthetic ? "The pictures are of the SYNTHETIC stand-in." : "";
}

function Record({ jobKey, scored, pictures }: { jobKey: string; scored: Scored; pictures: Pictures | undefined }) {
  const { record, label, score } = scored;
  return (
    <li>
      {pictures?.pictures && (
        <img
          className={pictures.synthetic ? "made" : undefined}
          src={apiPath(`/results/${encodeURIComponent(jobKey)}/pictures/${record}`)}
          alt={`record ${record}, class ${label}`}
          width={96}
          height={96}
        />
      )}
      <b>{score.toPrecision(4)}</b>
      <span className="faint">
        record {record.toLocaleString("en")}
        <br />
        class {label}
      </span>
    </li>
  );
}
