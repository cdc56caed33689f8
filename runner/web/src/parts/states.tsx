// SPDX-License-Identifier: Apache-2.0
// What stands where there is nothing, not yet, or where something went wrong.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api/http';
import { Button } from './button';
import { Icon, type IconName } from './icon';

export function Empty({ icon, title, children, actions }:
  { icon: IconName; title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <div class="card empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {actions ? <div class="actions">{actions}</div> : null}
    </div>
  );
}

export function Problem({ error, what, again }: { error: ApiError; what?: string; again?: () => void | Promise<void> }) {
  return (
    <div class="notice tone-bad" role="alert">
      <Icon name="warning" />
      <div class="stack tight">
        <p class="strong">{what ?? (error.notThere ? 'This is not here' : error.noConnection ? 'No connection' : 'This could not be loaded')}</p>
        <p>{error.message}</p>
        {error.requestId !== '' && error.status >= 500 ? <p class="dim small">Request <code>{error.requestId}</code>, for the server’s log</p> : null}
        {again ? <div><Button onClick={again}>Try again</Button></div> : null}
      </div>
    </div>
  );
}

// Only where it takes long enough to wonder.
export function Waiting() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return slow ? <div class="waiting-bar" role="progressbar" aria-label="Loading" /> : null;
}

export function Notice({ tone = 'idle', icon = 'info', children }:
  { tone?: 'good' | 'bad' | 'run' | 'wait' | 'idle'; icon?: IconName; children: ComponentChildren }) {
  return <div class={`notice tone-${tone}`}><Icon name={icon} /><div>{children}</div></div>;
}
