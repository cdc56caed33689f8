// SPDX-License-Identifier: Apache-2.0
// A log on the screen: only the lines that are seen are drawn, whatever its length.
import './log.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { setQuery } from '../../app/router';
import { useShortcuts } from '../../app/shortcuts';
import { useStore } from '../../app/store';
import { Button } from '../../parts/button';
import { Icon } from '../../parts/icon';
import { LogLine } from './log_line';
import { useSearch } from './log_search';
import { useLog } from './log_source';
import { anchorOf, around, fewLines, lineHeight, scrollTopOf, scrollTopOfWrapped, windowOf, type Anchor } from './log_window';
import { setWrapped, wrapped } from './log_wrap';

// "L120" or "L120-L130", lines from 1.
export function linesIn(hash: string): [number, number] | null {
  const found = /^L([1-9]\d{0,8})(?:-L?([1-9]\d{0,8}))?$/.exec(hash);
  if (!found) return null;
  const a = Number(found[1]);
  const b = found[2] === undefined ? a : Number(found[2]);
  return [Math.min(a, b), Math.max(a, b)];
}

const letterWidth = 7.53;  // of the log's type

// Puts the line that the scroll bar stands for where it says, now that its height is known; before anything is painted.
function usePlaced(box: { current: HTMLElement | null }, space: { current: HTMLElement | null }, anchor: Anchor | null): void {
  useLayoutEffect(() => {
    const [el, lines] = [box.current, space.current];
    if (!anchor || !el || !lines) return;
    const line = lines.children[anchor.line - anchor.from];
    if (!(line instanceof HTMLElement)) return;
    const y = el.scrollTop + anchor.at - line.offsetTop - anchor.part * line.offsetHeight;
    lines.style.transform = `translateY(${Math.round(y)}px)`;
  });
}

interface LogProps { action: number; path: string; hash: string; going: boolean; toEnd: boolean; head: ComponentChildren; empty: ComponentChildren }

export function LogView({ action, path, hash, going, toEnd, head, empty }: LogProps) {
  const log = useLog(path);
  const { model, version } = log;
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [, redraw] = useState(0);
  const [wanted, setWanted] = useState('');
  const [hit, setHit] = useState(0);
  const chosen = linesIn(hash);
  const [follow, setFollow] = useState(false);
  const started = useRef('');
  const lastTop = useRef(0);
  const flying = useRef<ReturnType<typeof setTimeout> | null>(null);
  const shownFrom = useRef(0);
  const found = useSearch(path, model, version, wanted);

  // Lines that are wrapped: placed by one of them, or, where there are few, simply below one another.
  const wrap = useStore(wrapped);
  const few = wrap && model.total <= fewLines;
  const space = useRef<HTMLDivElement>(null);
  const width = box.current?.clientWidth ?? 800;
  const rows = useMemo(() => (wrap ? model.rowsOf(Math.max(10, Math.floor((width - 84) / letterWidth))) : 1),
    [wrap, path, log.ready, width, Math.floor(Math.log2(model.total + 1))]);

  const show = (line: number) => {
    const el = box.current;
    if (!el) return;
    if (few) el.querySelector(`[data-n="${line + 1}"]`)?.scrollIntoView({ block: 'center' });
    else el.scrollTop = wrap ? scrollTopOfWrapped(line, el.clientHeight, model.total, rows) : scrollTopOf(line, model.total, el.clientHeight);
  };
  // The line that was seen is seen, wrapped or not.
  const kept = useRef<number | null>(null);
  const toggleWrap = () => {
    kept.current = shownFrom.current;
    setWrapped(!wrap);
  };

  // Where it begins: the line of the address, else the end of what goes on or failed, else the beginning.
  useLayoutEffect(() => {
    if (started.current === path || !log.ready) return;
    if (chosen && model.total < chosen[0] && going) return;
    if (model.total === 0) return;
    started.current = path;
    if (chosen) {
      show(chosen[0] - 1);
      box.current?.scrollIntoView({ block: 'nearest' });
    }
    else if (going || toEnd) setFollow(true);
  }, [path, log.ready, model.total > 0, chosen !== null && model.total >= chosen[0]]);

  useLayoutEffect(() => {
    const el = box.current;
    if (follow && el) el.scrollTop = el.scrollHeight;
  }, [version, follow, model.total, wrap]);
  useLayoutEffect(() => {
    if (kept.current === null) return;
    if (!follow) show(kept.current);
    kept.current = null;
  }, [wrap]);

  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const watch = new ResizeObserver(() => redraw((n) => n + 1));
    watch.observe(el);
    return () => watch.disconnect();
  }, []);

  // The address was changed by another hand than a click on a line: Back, or a link.
  const ownHash = useRef(hash);
  useEffect(() => {
    if (started.current !== path || chosen === null || ownHash.current === hash) return;
    ownHash.current = hash;
    setFollow(false);
    show(chosen[0] - 1);
  }, [hash]);

  useEffect(() => setHit(0), [wanted, path]);
  useEffect(() => {
    const line = found.lines[hit];
    if (line === undefined) return;
    setFollow(false);
    show(line);
    // Its place may be far to the right.
    const timer = setTimeout(() => box.current?.querySelector('.chosen mark')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), 120);
    return () => clearTimeout(timer);
  }, [hit, found.lines[hit]]);

  const scrolled = () => {
    const el = box.current;
    if (!el) return;
    const atEnd = el.scrollTop + el.clientHeight >= el.scrollHeight - 6;
    if (el.scrollTop < lastTop.current - 2 && !atEnd) setFollow(false);
    else if (atEnd && going) setFollow(true);
    // What is flown over is not asked for: where it stops, is.
    if (Math.abs(el.scrollTop - lastTop.current) > 3 * el.clientHeight || flying.current !== null) {
      if (flying.current !== null) clearTimeout(flying.current);
      flying.current = setTimeout(() => { flying.current = null; redraw((n) => n + 1); }, 70);
    }
    lastTop.current = el.scrollTop;
    redraw((n) => n + 1);
  };
  const pick = (event: MouseEvent, line: number) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    event.stopPropagation();
    const from = event.shiftKey && chosen ? chosen[0] : line;
    const [a, b] = [Math.min(from, line), Math.max(from, line)];
    setFollow(false);
    ownHash.current = chosen && chosen[0] === a && chosen[1] === b ? '' : a === b ? `L${a}` : `L${a}-L${b}`;
    // Whose line it is stays so, whatever happens in other actions.
    setQuery({ action: String(action) }, 'replace', ownHash.current);
  };
  const step = (by: number) => {
    if (found.lines.length > 0) setHit((h) => (h + by + found.lines.length) % found.lines.length);
  };
  useShortcuts([
    { keys: 'f', what: 'Follow the log', run: () => setFollow((on) => !on) },
    { keys: 'G', what: 'End of the log', run: () => { if (box.current) box.current.scrollTop = box.current.scrollHeight; } },
    { keys: 'g g', what: 'Beginning of the log', run: () => { setFollow(false); show(0); } },
    { keys: 's', what: 'Search in the log', run: () => field.current?.focus() },
    { keys: 'w', what: 'Wrap long lines, or not', run: toggleWrap },
  ]);

  const el = box.current;
  const anchor = wrap && !few ? anchorOf(el?.scrollTop ?? 0, el?.clientHeight ?? 600, model.total, rows) : null;
  const view = few ? { from: 0, to: model.total, offset: 0, height: null }
    : anchor ? { ...anchor, offset: null } : windowOf(el?.scrollTop ?? 0, el?.clientHeight ?? 600, model.total);
  usePlaced(box, space, anchor);
  shownFrom.current = anchor ? anchor.line : view.from === 0 ? Math.floor((el?.scrollTop ?? 0) / lineHeight) : Math.min(view.from + around, model.total - 1);
  const lines = model.lines(view.from, view.to, flying.current !== null);
  const low = wanted.toLowerCase();
  return (
    <section class="log-pane" aria-label="Log">
      <div class="log-head">
        <div class="log-title">{head}</div>
        <form class="log-search" role="search" onSubmit={(event) => { event.preventDefault(); step(1); }}>
          <input ref={field} data-search type="search" aria-label="Search in the log" placeholder="Search" value={wanted} spellcheck={false}
            onInput={(event) => setWanted(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && event.shiftKey) { event.preventDefault(); step(-1); }
              if (event.key === 'Escape') { setWanted(''); box.current?.focus(); }
            }} />
          {wanted !== ''
            ? <>
                <span class="hits" role="status">{found.error ?? (found.lines.length === 0 ? (found.done ? 'nothing' : 'looking…') : `${hit + 1} of ${found.lines.length.toLocaleString('en')}${found.done ? '' : '…'}`)}</span>
                <Button kind="quiet" class="icon-only" label="Match before" onClick={() => step(-1)}><Icon name="up" /></Button>
                <Button kind="quiet" class="icon-only" label="Next match" onClick={() => step(1)}><span class="flipped"><Icon name="up" /></span></Button>
              </>
            : null}
        </form>
        <Button kind="quiet" pressed={wrap} onClick={toggleWrap} title="Wrap long lines (w)">Wrap</Button>
        {going ? <Button kind="quiet" pressed={follow} onClick={() => setFollow(!follow)} title="Stay at the end as it grows (f)">Follow</Button> : null}
        <a class="button quiet icon-only" href={`${path}/text`} download="" aria-label="Download the log" title="Download the log"><Icon name="down" /></a>
      </div>
      {log.connection === 'lost' ? <p class="log-lost" role="status">The connection is lost. It goes on from here as soon as it is back.</p> : null}
      {log.error ? <p class="log-lost" role="alert">{log.error.message}</p> : null}
      <div class={`log ${wrap ? 'wrapped' : ''} ${few ? 'few' : ''}`} ref={box} tabIndex={0} role="region" aria-label="Lines of the log" onScroll={scrolled}>
        {model.total === 0 && log.ready && log.connection !== 'connecting' ? <p class="log-empty">{empty}</p> : null}
        <div class="log-space" style={{ height: view.height === null ? 'auto' : `${view.height}px` }}>
          <div class="log-lines" ref={space} style={few ? { transform: 'none' } : view.offset === null ? {} : { transform: `translateY(${view.offset}px)` }}>
            {lines.map((line, i) => {
              const n = view.from + i + 1;
              // Drawn lines are taken over by others as they go: nothing is built anew while it scrolls.
              return <LogLine key={few ? n : n % 128} line={line} number={n} wanted={low} href={`#L${n}`} onPick={(event) => pick(event, n)}
                chosen={(chosen !== null && n >= chosen[0] && n <= chosen[1]) || (low !== '' && found.lines[hit] === n - 1)} />;
            })}
          </div>
        </div>
      </div>
      <div class="log-foot small"><span>{model.total.toLocaleString('en')} {model.total === 1 ? 'line' : 'lines'}</span></div>
    </section>
  );
}

