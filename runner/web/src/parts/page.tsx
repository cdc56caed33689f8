// SPDX-License-Identifier: Apache-2.0
// The frame of every page: where it is, what it is, what can be done here.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { createStore } from '../app/store';
import { plain } from './text';

export const titleNow = createStore('');

export interface Crumb { text: string; href: string }

interface PageProps {
  title: string;  // of the window
  heading?: ComponentChildren;  // instead of it, on the page
  mark?: string;  // before it, in the window's title
  crumbs?: Crumb[];
  actions?: ComponentChildren;
  width?: 'wide' | 'narrow' | '';
  children: ComponentChildren;
}

export function Page({ title, mark = '', heading, crumbs = [], actions, width = '', children }: PageProps) {
  const shown = plain(title, 120);
  useEffect(() => {
    document.title = `${mark === '' ? '' : `${mark} `}${shown} · Latchkey`;
    titleNow.set(shown);
  }, [shown, mark]);
  return (
    <div class={`page ${width}`}>
      <header class="page-head">
        <div class="titles">
          {crumbs.length > 0
            ? <nav aria-label="Where this is"><ol class="crumbs">{crumbs.map((c) => <li key={c.href}><a href={c.href}><bdi>{plain(c.text, 60)}</bdi></a></li>)}</ol></nav>
            : null}
          <h1>{heading ?? <bdi>{shown}</bdi>}</h1>
        </div>
        {actions ? <div class="actions">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}

// Tabs are addresses: a link to one can be sent, and Back leads to the one before.
export function Tabs({ label, tabs }: { label: string; tabs: { href: string; current: boolean; label: ComponentChildren; key: string }[] }) {
  // On a narrow screen the row is wider than it is shown.
  const at = useRef<HTMLElement>(null);
  const current = tabs.find((t) => t.current)?.key;
  useEffect(() => { at.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [current]);
  return (
    <nav ref={at} class="tabs" aria-label={label}>
      {tabs.map((t) => <a key={t.key} href={t.href} aria-current={t.current ? 'page' : undefined}>{t.label}</a>)}
    </nav>
  );
}

export function Pager({ page, more, hrefOf }: { page: number; more: boolean; hrefOf: (page: number) => string }) {
  if (page === 1 && !more) return null;
  return (
    <nav class="row" aria-label="Pages">
      {page > 1 ? <a class="button" rel="prev" href={hrefOf(page - 1)}>Newer</a> : null}
      <span class="dim">Page {page}</span>
      {more ? <a class="button" rel="next" href={hrefOf(page + 1)}>Older</a> : null}
    </nav>
  );
}
