import { useEffect, useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { formatBytes } from "../format.ts";
import { Card } from "./Card.tsx";

/** CPU and memory of a running instance over the last two minutes. */
export function UsageGraph({ id }: { id: string }) {
  const { compute } = useConsole();
  const usage = useMemo(() => compute.usage(id), [compute, id]);
  useEffect(() => usage.watch(), [usage]);
  const samples = usage.samples.value;
  // A runtime that cannot tell has nothing to show.
  if (samples === undefined || samples.length === 0) return null;
  const last = samples.at(-1);
  const cpu = samples.map((sample) => sample.cpu ?? 0);
  const memory = samples.map((sample) => sample.memoryBytes);
  return (
    <Card title="Usage">
      <div class="graphs">
        <Graph
          title="CPU"
          value={last?.cpu === undefined ? "…" : `${Math.round(last.cpu * 100)} % of a CPU`}
          points={cpu}
          top={Math.max(1, ...cpu)}
        />
        <Graph
          title="Memory"
          value={formatBytes(last?.memoryBytes ?? 0)}
          points={memory}
          top={Math.max(1, ...memory) * 1.25}
        />
      </div>
    </Card>
  );
}

interface GraphProps {
  readonly title: string;
  readonly value: string;
  readonly points: readonly number[];
  /** What the upper edge stands for. */
  readonly top: number;
}

const width = 300;
const height = 64;
/** As many as are kept: the newest is at the right edge. */
const places = 60;

function Graph({ title, value, points, top }: GraphProps) {
  const step = width / (places - 1);
  const left = width - (points.length - 1) * step;
  const line = points.map((point, at) => `${left + at * step},${height - (point / top) * (height - 2) - 1}`);
  return (
    <figure class="graph">
      <figcaption>
        <span class="muted">{title}</span> <strong>{value}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <polygon class="graph-area" points={`${left},${height} ${line.join(" ")} ${width},${height}`} />
        <polyline class="graph-line" points={line.join(" ")} />
      </svg>
    </figure>
  );
}
