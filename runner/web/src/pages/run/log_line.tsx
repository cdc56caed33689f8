// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact';
import type { ParsedLine, Piece, Style } from './ansi';

function classesOf(s: Style): string {
  const names: string[] = [];
  if (s.bold) names.push('b');
  if (s.dim) names.push('d');
  if (s.italic) names.push('i');
  if (s.underline) names.push('u');
  if (s.strike) names.push('s');
  if (s.inverse) names.push('inv');
  if (s.fg !== null && !s.fg.startsWith('#')) names.push(`fg${s.fg}`);
  if (s.bg !== null && !s.bg.startsWith('#')) names.push(`bg${s.bg}`);
  return names.join(' ');
}

// Set by script on the element, which the Content-Security-Policy lets through; never as an attribute.
function colours(s: Style): Record<string, string> | undefined {
  const style: Record<string, string> = {};
  if (s.fg?.startsWith('#')) style[s.inverse ? 'backgroundColor' : 'color'] = s.fg;
  if (s.bg?.startsWith('#')) style[s.inverse ? 'color' : 'backgroundColor'] = s.bg;
  return s.fg?.startsWith('#') || s.bg?.startsWith('#') ? style : undefined;
}

function marked(text: string, wanted: string): (string | JSX.Element)[] | string {
  if (wanted === '') return text;
  const low = text.toLowerCase();
  // Letters whose small form has another length would shift all that follows.
  if (low.length !== text.length) return text;
  const parts: (string | JSX.Element)[] = [];
  let at = 0;
  for (let hit = low.indexOf(wanted); hit >= 0; hit = low.indexOf(wanted, at)) {
    parts.push(text.slice(at, hit), <mark key={hit}>{text.slice(hit, hit + wanted.length)}</mark>);
    at = hit + wanted.length;
  }
  return [...parts, text.slice(at)];
}

function PieceText({ piece, wanted }: { piece: Piece; wanted: string }) {
  const names = classesOf(piece.style);
  const style = colours(piece.style);
  const text = marked(piece.text, wanted);
  if (piece.style.link !== null)
    return <a class={names} style={style} href={piece.style.link} target="_blank" rel="noopener noreferrer nofollow" title={piece.style.link}>{text}</a>;
  return names === '' && style === undefined ? <>{text}</> : <span class={names} style={style}>{text}</span>;
}

export function LogLine({ line, number, wanted, chosen, href, onPick }:
  { line: ParsedLine | undefined; number: number; wanted: string; chosen: boolean; href: string; onPick: (event: MouseEvent) => void }) {
  return (
    <div class={`log-line ${chosen ? 'chosen' : ''}`}>
      <a class="num" href={href} data-n={number} onClick={onPick} tabIndex={-1} aria-label={`Line ${number}`} />
      <span class="text" dir="ltr">{line === undefined ? <span class="d">…</span> : line.pieces.map((p, i) => <PieceText key={i} piece={p} wanted={wanted} />)}</span>
    </div>
  );
}
