import { useConsole } from "../console-context.ts";
import { href } from "../store/router.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { LiveState } from "./LiveState.tsx";
import { Logo } from "./Logo.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

interface Section {
  /** The first segment of its pages' addresses; none: the overview. */
  readonly path?: string;
  readonly title: string;
  readonly icon: IconName;
}

const groups: readonly { readonly title?: string; readonly sections: readonly Section[] }[] = [
  { sections: [{ title: "Overview", icon: "overview" }] },
  {
    title: "Compute",
    sections: [
      { path: "instances", title: "Instances", icon: "instance" },
      { path: "key-pairs", title: "Key pairs", icon: "key" },
      { path: "security-groups", title: "Security groups", icon: "shield" },
      { path: "volumes", title: "Volumes", icon: "disk" },
      { path: "vpcs", title: "VPCs", icon: "network" },
    ],
  },
  {
    title: "Data",
    sections: [
      { path: "buckets", title: "Buckets", icon: "bucket" },
      { path: "databases", title: "Databases", icon: "database" },
      { path: "database-clusters", title: "Database clusters", icon: "cluster" },
      { path: "database-snapshots", title: "Database snapshots", icon: "snapshot" },
    ],
  },
  { title: "Activity", sections: [{ path: "requests", title: "Requests", icon: "activity" }] },
];

export function Navigation() {
  const { router, session } = useConsole();
  const [current] = router.segments.value;
  return (
    <nav id="navigation" class="navigation" aria-label="Sections">
      <a class="brand" href={href()} aria-label="LocalAWS, overview">
        <Logo />
        LocalAWS
      </a>
      <div class="nav-groups">
        {groups.map(({ title, sections }) => (
          <div key={title} class="nav-group">
            {title !== undefined && <p class="nav-title">{title}</p>}
            <ul>
              {sections.map((section) => (
                <li key={section.title}>
                  <a
                    href={section.path === undefined ? href() : href(section.path)}
                    aria-current={section.path === current ? "page" : undefined}
                  >
                    <Icon name={section.icon} />
                    {section.title}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div class="nav-foot">
        <LiveState />
        <ThemeSwitch />
        <button type="button" class="nav-button" onClick={() => session.end()}>
          <Icon name="logout" />
          Log out
        </button>
      </div>
    </nav>
  );
}
