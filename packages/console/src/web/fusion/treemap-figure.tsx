import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { NameText } from "../shared/name-text.js";
import { Link } from "../shared/router.js";
import { layOut } from "./treemap.js";

/** One area of a map. */
export interface Area {
  readonly key: string;
  readonly name: string;
  /** How large it is, in any unit. */
  readonly weight: number;
  /** What is said below the name. */
  readonly figure: string;
  /** All of it in a line, for areas that are too small for text. */
  readonly title: string;
  /** Where it leads, if anywhere. */
  readonly to?: string | undefined;
  readonly tone: string;
}

/** Smaller areas have no room for text, in shares of the map's height and width. */
const TEXT_MIN = { width: 0.16, height: 0.1 };

/** A map of areas, each as large as it weighs. */
export function TreemapFigure({
  label,
  areas,
}: {
  readonly label: string;
  readonly areas: readonly Area[];
}) {
  const holder = useRef<HTMLDivElement>(null);
  const [aspect, setAspect] = useState(2);
  useLayoutEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      setAspect(element.clientWidth / Math.max(1, element.clientHeight));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  const tiles = layOut(
    areas.map((item) => ({ item, weight: item.weight })),
    aspect,
  );
  return (
    <div class="treemap" ref={holder} role="group" aria-label={label}>
      {tiles.map(({ item, x, y, width, height }) => {
        const isLarge = width * aspect > TEXT_MIN.width && height > TEXT_MIN.height;
        const style = { left: share(x), top: share(y), width: share(width), height: share(height) };
        return (
          <div class="tile-place" style={style} key={item.key}>
            <Tile area={item} isLarge={isLarge} />
          </div>
        );
      })}
    </div>
  );
}

function Tile({ area, isLarge }: { readonly area: Area; readonly isLarge: boolean }) {
  const { name, figure, title, to, tone } = area;
  const inner = isLarge ? (
    <span class="tile-text">
      <NameText name={name} />
      <span>{figure}</span>
    </span>
  ) : (
    <span class="unseen">{title}</span>
  );
  const dress = `tile ${tone}`;
  return to === undefined ? (
    <div class={dress} title={title}>
      {inner}
    </div>
  ) : (
    <Link to={to} class={dress} title={title}>
      {inner}
    </Link>
  );
}

function share(of: number): string {
  return `${String(of * 100)}%`;
}
