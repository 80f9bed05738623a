import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface VirtualRows {
  /** For the table's body, which is as high as all rows together. */
  readonly frame: RefObject<HTMLTableSectionElement | null>;
  /** The rows that can be seen, and some around them: `first` to before `last`. */
  readonly first: number;
  readonly last: number;
}

/** Rows beyond what can be seen, either way: the keyboard gets to them before they are scrolled to. */
const margin = 12;

/** Which of `count` rows of a height (pixels) the window shows. The page itself scrolls. */
export function useVirtualRows(count: number, rowHeight: number): VirtualRows {
  const frame = useRef<HTMLTableSectionElement>(null);
  const [start, setStart] = useState(0);
  const [shown, setShown] = useState(30);
  useEffect(() => {
    const update = () => {
      if (frame.current === null) return;
      const above = Math.max(0, -frame.current.getBoundingClientRect().top);
      setStart(Math.floor(above / rowHeight));
      setShown(Math.ceil(window.innerHeight / rowHeight));
    };
    update();
    window.addEventListener("scroll", update, { passive: true });
    window.addEventListener("resize", update);
    return () => {
      window.removeEventListener("scroll", update);
      window.removeEventListener("resize", update);
    };
  }, [rowHeight]);
  const last = Math.min(count, start + shown + margin);
  return { frame, first: Math.max(0, Math.min(start, count) - margin), last };
}
