// SPDX-License-Identifier: Apache-2.0
// Which lines of a log are seen at a place of its scroll bar. Browsers can't make anything higher than some 17 million
// pixels; a longer log's bar stands for more lines a pixel. Pure.

export const lineHeight = 20;
export const highest = 15_000_000;
export const around = 12;  // lines drawn above and below, so that scrolling meets no gap
const padding = 8;

export interface Window { from: number; to: number; offset: number; height: number }

// Pixels of the whole log before what is seen.
function above(scrollTop: number, visible: number, total: number): number {
  const whole = total * lineHeight + 2 * padding;
  if (whole <= highest) return scrollTop;
  const bar = Math.max(1, highest - visible);
  return (Math.min(scrollTop, bar) / bar) * (whole - visible);
}

export function windowOf(scrollTop: number, visible: number, total: number): Window {
  const height = Math.min(total * lineHeight + 2 * padding, highest);
  const top = above(scrollTop, visible, total);
  const from = Math.max(0, Math.min(Math.floor((top - padding) / lineHeight) - around, total - 1));
  const to = Math.min(total, Math.ceil((top + visible) / lineHeight) + around);
  return { from, to: Math.max(to, from), offset: scrollTop + from * lineHeight + padding - top, height };
}

// Where the bar stands when this line is a third down.
export function scrollTopOf(line: number, total: number, visible: number): number {
  const whole = total * lineHeight + 2 * padding;
  const wanted = Math.max(0, Math.min(line * lineHeight + padding - visible / 3, whole - visible));
  return whole <= highest ? wanted : (wanted / (whole - visible)) * (highest - visible);
}

// -- lines that are wrapped: how high each is only the browser knows. The bar says which line stands at which height of
// the view: at its top the first line at the top, at its end the last line at the bottom, and in between in between. So
// every line is reached whatever its height, and nothing has to be measured but what is drawn.

export interface Anchor {
  from: number;
  to: number;
  line: number;      // the one that is placed
  part: number;      // of its height, that is above `at`
  at: number;        // where in the view
  height: number;    // of the whole bar
}

// This few lines are simply drawn, one below the other.
export const fewLines = 200;

// `rows`: how many rows a line takes, about.
export function wrappedHeight(total: number, visible: number, rows: number): number {
  return Math.min(Math.max(total * lineHeight * rows, visible * 2) + 2 * padding, highest);
}

export function anchorOf(scrollTop: number, visible: number, total: number, rows: number): Anchor {
  const height = wrappedHeight(total, visible, rows);
  const share = Math.min(1, Math.max(0, scrollTop / Math.max(1, height - visible)));
  const place = share * total;
  const line = Math.max(0, Math.min(Math.floor(place), total - 1));
  const at = share * visible;
  // A line is one row at least.
  const from = Math.max(0, line - Math.ceil(at / lineHeight) - 1);
  const to = Math.min(total, line + Math.ceil((visible - at) / lineHeight) + 2);
  return { from, to, line, part: Math.min(1, place - line), at, height };
}

export function scrollTopOfWrapped(line: number, visible: number, total: number, rows: number): number {
  return ((line + 0.5) / Math.max(1, total)) * (wrappedHeight(total, visible, rows) - visible);
}
