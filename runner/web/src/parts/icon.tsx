// SPDX-License-Identifier: Apache-2.0
// Small pictures, drawn on 16 × 16. They say nothing that words beside them don't.
const paths = {
  runs: 'M3 3.5h10M3 8h10M3 12.5h6',
  pipeline: 'M3.5 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm9 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM3.5 5.5v4a3 3 0 0 0 3 3h4',
  key: 'M6 9.5a3.5 3.5 0 1 1 0-7 3.5 3.5 0 0 1 0 7Zm2.5-1 5 5m-2.2-2.2 1.6-1.6',
  inbox: 'M2 9.5 4 3h8l2 6.5v3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-3Zm0 0h3.5l1 2h3l1-2H14',
  question: 'M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM6.2 6.2a1.9 1.9 0 1 1 2.6 1.8c-.5.2-.8.6-.8 1.1v.4M8 11.6v.1',
  people: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-4.5 6c0-2.2 2-4 4.5-4s4.5 1.8 4.5 4M10.5 2.8a2.5 2.5 0 0 1 0 4.5m1.5 2.6c1.5.6 2.5 1.9 2.5 3.6',
  agent: 'M2.5 3h11v7h-11zM5.5 13.5h5M8 10v3.5',
  audit: 'M4 1.5h6l2.5 2.5v10.5h-8.5zM6.5 7h4M6.5 10h4',
  settings: 'M2 5h6m4 0h2M2 11h2m4 0h6M10 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm-4 6a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  project: 'M2 4.5a1 1 0 0 1 1-1h3.5l1.5 1.5h5a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-10a1 1 0 0 1-1-1z',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  close: 'm4 4 8 8m0-8-8 8',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  down: 'M8 2.5v9m-3.5-3.5L8 11.5 11.5 8M3 14h10',
  up: 'M8 13.5v-9m-3.5 3.5L8 4.5 11.5 8',
  retry: 'M13 8a5 5 0 1 1-1.5-3.5L13 6m0-3.5V6H9.5',
  stop: 'M4 4h8v8H4z',
  play: 'M5 3v10l8-5z',
  lock: 'M4 7.5h8v6H4zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.5m0 1.9v.1',
  info: 'M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 7.5v4M8 4.8v.1',
  branch: 'M4.5 4.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm0 10a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm7-8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm-7-2v7m7-5c0 3-7 2-7 5',
  tag: 'M2 2h5.5l6.5 6.5-5.5 5.5L2 7.5zM5 5v.1',
  link: 'M6.5 9.5a3 3 0 0 0 4.3 0l2-2a3 3 0 0 0-4.3-4.3l-.7.7m1.7 2.6a3 3 0 0 0-4.3 0l-2 2a3 3 0 0 0 4.3 4.3l.7-.7',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  clock: 'M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.5V8l2.5 1.5',
  plus: 'M8 3v10M3 8h10',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1m0 11v1m6.5-6.5h-1m-11 0h-1m11.1-4.6-.7.7m-7.8 7.8-.7.7m9.2 0-.7-.7M4.1 4.1l-.7-.7',
  chevron: 'm6 4 4 4-4 4',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, class: more = '' }: { name: IconName; class?: string }) {
  return <svg class={`icon ${more}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={paths[name]} /></svg>;
}

export function KeyMark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent-fill)" />
      <g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
        <circle cx="12" cy="12.5" r="4.7" /><path d="m15.5 16 8 8m-3-3 2.4-2.4" />
      </g>
    </svg>
  );
}
