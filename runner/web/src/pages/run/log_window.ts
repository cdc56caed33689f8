// SPDX-License-Identifier: Apache-2.0
// Which lines of a log are seen at a place of its scroll bar. Browsers can't make anything higher than some 17 million
// pixels; a longer log's bar stands for more lines a pixel. Pure.

export const lineHeight = 20;
export const highest = 15_000_000;
const around = 12;  // lines drawn above and below, so that scrolling meets no gap
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
