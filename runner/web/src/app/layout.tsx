// SPDX-License-Identifier: Apache-2.0
// The frame around every page: navigation, the page itself, notices, the list of keys, and what is read aloud.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../parts/button';
import { Questions } from '../parts/confirm';
import { Icon } from '../parts/icon';
import { titleNow } from '../parts/page';
import { workspacePage } from './addresses';
import { announced, drop, notices } from './announce';
import { Help } from './help';
import { Navigation } from './navigation';
import { go } from './router';
import { helpShown, useShortcuts } from './shortcuts';
import { useStore } from './store';
import { useWhere } from './where';

function Drawer({ children, onClose }: { children: ComponentChildren; onClose: () => void }) {
  const at = useRef<HTMLDialogElement>(null);
  const here = useWhere().path;
  const opened = useRef(here);
  useEffect(() => { at.current?.showModal(); }, []);
  useEffect(() => { if (opened.current !== here) onClose(); }, [here]);
  return (
    <dialog ref={at} class="drawer" aria-label="Navigation" onClose={onClose}
      onMouseDown={(event) => { if (event.target === at.current) onClose(); }}>{children}</dialog>
  );
}

export function Said() {
  const text = useStore(announced);
  return <div class="hidden-but-read" role="status" aria-live="polite">{text}</div>;
}

export function Toasts() {
  const list = useStore(notices);
  return (
    <div class="toasts" role="log" aria-live="polite" aria-label="Notices">
      {list.map((n) => (
        <div key={n.id} class={`toast tone-${n.tone === 'plain' ? 'run' : n.tone}`}>
          <p>{n.text}</p>
          <Button kind="quiet" class="icon-only" label="Close this notice" onClick={() => drop(n.id)}><Icon name="close" /></Button>
        </div>
      ))}
    </div>
  );
}

function WorkspaceKeys({ workspace }: { workspace: string }) {
  const to = (rest: string) => () => go(workspacePage(workspace, rest));
  useShortcuts([
    { keys: 'g r', what: 'Runs', run: to('runs') },
    { keys: 'g a', what: 'Approvals', run: to('approvals') },
    { keys: 'g i', what: 'Integrations', run: to('integrations') },
    { keys: 'g w', what: 'Why', run: to('why') },
    { keys: 'g p', what: 'Projects', run: to('') },
  ]);
  return null;
}

export function Layout({ workspace, children }: { workspace: string | undefined; children: ComponentChildren }) {
  const [menu, setMenu] = useState(false);
  const title = useStore(titleNow);
  useShortcuts([
    { keys: '?', what: 'Show these keys', run: () => helpShown.set(true) },
    { keys: '/', what: 'Search or filter on this page', run: () => document.querySelector<HTMLElement>('[data-search]')?.focus() },
  ]);
  const side = <Navigation workspace={workspace} />;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to the page</a>
      {workspace ? <WorkspaceKeys workspace={workspace} /> : null}
      <header class="topbar">
        <Button kind="quiet" class="icon-only" label="Navigation" onClick={() => setMenu(true)}><Icon name="menu" /></Button>
        <span class="here">{title}</span>
      </header>
      <div class="frame">
        {side}
        <main id="main" tabIndex={-1}>{children}</main>
      </div>
      {menu ? <Drawer onClose={() => setMenu(false)}>{side}</Drawer> : null}
      <Toasts />
      <Questions />
      <Help />
      <Said />
    </>
  );
}
