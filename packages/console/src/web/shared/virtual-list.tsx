import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.js";
import { windowOf } from "./window.js";

interface VirtualListProps {
  readonly label: string;
  /** How many rows there are, shown or not. */
  readonly total: number;
  readonly rowHeight: number;
  readonly head: ComponentChildren;
  /** The cells of a row. */
  readonly row: (index: number) => ComponentChildren;
  /** Which rows are in sight, whenever that changes. */
  readonly onSight: (first: number, last: number) => void;
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onOpen: (index: number) => void;
  /** Goes up: Backspace and the left arrow. */
  readonly onLeave?: () => void;
  /** Changes when the list is another one: it begins at its top again. */
  readonly identity: string;
  /** It was come to by keys, which go on here. */
  readonly takesFocus?: boolean;
}

/**
 * A table of any length: only the rows in sight exist. All rows are equally high, so where each of
 * them stands is arithmetic, and a million of them cost nothing.
 */
export function VirtualList(props: VirtualListProps) {
  const { label, total, rowHeight, head, row, onSight, active, onActive, onOpen, onLeave } = props;
  const grid = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const { first, last, offset, fullHeight } = windowOf({ total, rowHeight, ...sight });

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = (): void => {
      setSight({ top: element.scrollTop, height: element.clientHeight });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  useLayoutEffect(() => {
    if (props.takesFocus === true) grid.current?.focus();
  }, []);

  useLayoutEffect(() => {
    scroller.current?.scrollTo(0, 0);
  }, [props.identity]);

  useEffect(() => {
    if (last > first) onSight(first, last - 1);
  }, [first, last, total, props.identity]);

  const activate = (index: number): void => {
    const target = Math.max(0, Math.min(total - 1, index));
    onActive(target);
    const element = scroller.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height } = element;
    element.scrollTop = windowOf({ total, rowHeight, top, height }).topFor(target);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(sight.height / rowHeight) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: total - 1,
    };
    const step = steps[event.key];
    if (step !== undefined && total > 0) activate(step);
    else if ((event.key === "Enter" || event.key === "ArrowRight") && active >= 0) onOpen(active);
    else if (event.key === "Backspace" || event.key === "ArrowLeft") onLeave?.();
    else return;
    event.preventDefault();
  };

  return (
    <div
      class="list"
      role="grid"
      ref={grid}
      aria-label={label}
      aria-rowcount={total + 1}
      tabIndex={0}
      aria-activedescendant={active >= first && active < last ? rowId(active) : undefined}
      aria-description={t("list.keys")}
      onKeyDown={onKeyDown}
    >
      <div class="list-head" role="row" aria-rowindex={1}>
        {head}
      </div>
      <div
        class="list-scroll"
        role="rowgroup"
        ref={scroller}
        tabIndex={-1}
        onScroll={({ currentTarget }) => {
          setSight({ top: currentTarget.scrollTop, height: currentTarget.clientHeight });
        }}
      >
        <div role="presentation" style={{ height: `${String(fullHeight)}px` }} class="list-space">
          <div
            role="presentation"
            class="list-window"
            style={{ transform: `translateY(${String(offset)}px)` }}
          >
            {Array.from({ length: last - first }, (_, i) => {
              const index = first + i;
              return (
                <div
                  key={index}
                  id={rowId(index)}
                  role="row"
                  aria-rowindex={index + 2}
                  aria-selected={index === active}
                  class={index === active ? "list-row active" : "list-row"}
                  style={{ height: `${String(rowHeight)}px` }}
                  onClick={() => {
                    onActive(index);
                  }}
                  onDblClick={() => {
                    onOpen(index);
                  }}
                >
                  {row(index)}
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function rowId(index: number): string {
  return `row-${String(index)}`;
}
