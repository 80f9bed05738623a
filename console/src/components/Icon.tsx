/** Drawn on a grid of 20 by 20, with a stroke of 1.6. */
const shapes = {
  overview: "M3 10l7-6 7 6M5 8.5V16h10V8.5",
  instance: "M4 4h12v8H4zM7 16h6M10 12v4",
  key: "M12.5 11a4 4 0 1 0-3.4-1.9L3 15v2h3v-2h2v-2l1.7-1.9M13.5 6.5v.01",
  shield: "M10 3l6 2.2v4.3c0 3.7-2.5 6.3-6 7.5-3.5-1.2-6-3.8-6-7.5V5.2z",
  bucket:
    "M3.5 5.5c0-1.1 2.9-2 6.5-2s6.5.9 6.5 2-2.9 2-6.5 2-6.5-.9-6.5-2zl1.6 9.6c.2.9 2.3 1.6 4.9 1.6s4.7-.7 4.9-1.6l1.6-9.6",
  database:
    "M4 5.5c0-1.4 2.7-2.5 6-2.5s6 1.1 6 2.5-2.7 2.5-6 2.5-6-1.1-6-2.5zv9c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5v-9M4 10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5",
  snapshot: "M3 6.5h3L7.5 4.5h5L14 6.5h3V16H3zM10 8.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4z",
  cluster:
    "M10 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM5 12a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM15 12a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8.7 8.2l-2.4 4M11.3 8.2l2.4 4",
  network: "M8 3h4v4H8zM3 13h4v4H3zM13 13h4v4h-4zM10 7v3M5 13v-3h10v3",
  disk: "M3 11l2-7h10l2 7v5H3zM3 11h14M13.5 13.5v.01",
  activity: "M3 10h3l2.5-6 4 12 2.5-6h2",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  menu: "M3 6h14M3 10h14M3 14h14",
  copy: "M7 7V4h9v9h-3M4 7h9v9H4z",
  check: "M4 10.5l4 4 8-9",
  play: "M6 4l10 6-10 6z",
  stop: "M5 5h10v10H5z",
  restart: "M15.5 8.5A6 6 0 1 0 16 11M16 4v4.5h-4.5",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5",
  upload: "M10 13V4M6.5 7.5L10 4l3.5 3.5M4 13v3h12v-3",
  download: "M10 4v9M6.5 9.5L10 13l3.5-3.5M4 13v3h12v-3",
  folder: "M3 5.5h5l1.5 2H17V16H3z",
  file: "M5.5 3H12l3 3v11H5.5zM12 3v3h3",
  link: "M8.5 11.5l3-3M9.5 6.5l1.7-1.7a2.8 2.8 0 0 1 4 4L13.5 10.5M10.5 13.5l-1.7 1.7a2.8 2.8 0 0 1-4-4L6.5 9.5",
  terminal: "M4 5.5l4.5 4.5L4 14.5M10 15h6",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4",
  warning: "M10 3.5L17.5 16h-15zM10 8.5v3.5M10 14v.01",
  logout: "M8 4H4v12h4M12 6.5L15.5 10 12 13.5M15.5 10H8",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
  moon: "M15.5 12A6.2 6.2 0 0 1 8 4.5 6.2 6.2 0 1 0 15.5 12z",
  auto: "M3 4.5h14v9H3zM7 16.5h6",
  chevron: "M8 5l5 5-5 5",
} as const;

export type IconName = keyof typeof shapes;

/** Says nothing to a screen reader: the words beside it, or the button's label, do. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
