// SPDX-License-Identifier: Apache-2.0
// How something stands: a shape, a colour and a word, never a colour alone.

export type Status = 'INITIAL' | 'ENQUEUED' | 'INPROGRESS' | 'SUCCESSFUL' | 'FAILED' | 'TERMINATED' | 'SKIPPED' |
  'WAITING_FOR_APPLY' | 'WAITING_FOR_VARIABLES' | 'WAITING_FOR_PERMISSION' | 'NOT_EXECUTED' | 'TERMINATING';

export type Tone = 'good' | 'bad' | 'run' | 'wait' | 'idle';

const told: Record<Status, [string, Tone]> = {
  INITIAL: ['Not started', 'idle'],
  ENQUEUED: ['Queued', 'idle'],
  INPROGRESS: ['Running', 'run'],
  SUCCESSFUL: ['Successful', 'good'],
  FAILED: ['Failed', 'bad'],
  TERMINATED: ['Cancelled', 'idle'],
  SKIPPED: ['Skipped', 'idle'],
  WAITING_FOR_APPLY: ['Waits for approval', 'wait'],
  WAITING_FOR_VARIABLES: ['Waits for variables', 'wait'],
  WAITING_FOR_PERMISSION: ['Waits for permission', 'wait'],
  NOT_EXECUTED: ['Not executed', 'idle'],
  TERMINATING: ['Stopping', 'wait'],
};

export const wordOf = (status: string) => told[status as Status]?.[0] ?? status;
export const toneOf = (status: string): Tone => told[status as Status]?.[1] ?? 'idle';

export const ended = (status: string) =>
  ['SUCCESSFUL', 'FAILED', 'TERMINATED', 'SKIPPED', 'NOT_EXECUTED'].includes(status);
export const waits = (status: string) => status.startsWith('WAITING_');

// The inner shapes, for the graph too.
export function StatusShape({ status }: { status: string }) {
  const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': '1.8', 'stroke-linecap': 'round',
    'stroke-linejoin': 'round' } as const;
  switch (status) {
    case 'SUCCESSFUL':
      return <><circle cx="8" cy="8" r="7" fill="currentColor" /><path class="cut" d="m5 8.3 2.2 2.2L11.2 6" {...line} /></>;
    case 'FAILED':
      return <><circle cx="8" cy="8" r="7" fill="currentColor" /><path class="cut" d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" {...line} /></>;
    case 'INPROGRESS':
      return <><circle cx="8" cy="8" r="6" opacity=".25" {...line} /><path class="turning" d="M8 2a6 6 0 0 1 6 6" {...line} /></>;
    case 'WAITING_FOR_APPLY': case 'WAITING_FOR_VARIABLES':
      return <><circle cx="8" cy="8" r="6.1" {...line} /><path d="M6.3 5.5v5m3.4-5v5" {...line} /></>;
    case 'WAITING_FOR_PERMISSION':
      return <path d="M3.5 7.2h9v6.3h-9zM5.2 7V5.3a2.8 2.8 0 0 1 5.6 0V7" {...line} />;
    case 'TERMINATED': case 'TERMINATING':
      return <><circle cx="8" cy="8" r="6.1" {...line} /><path d="m3.8 12.2 8.4-8.4" {...line} /></>;
    case 'SKIPPED':
      return <path d="m3.5 4 4.5 4-4.5 4m5-8L13 8l-4.5 4" {...line} />;
    case 'ENQUEUED':
      return <><circle cx="8" cy="8" r="6.1" {...line} /><path d="M8 4.7V8l2.2 1.4" {...line} /></>;
    default:
      return <circle cx="8" cy="8" r="6.1" stroke-dasharray="2.4 2.4" {...line} />;
  }
}

export function StatusMark({ status, tone }: { status: string; tone?: Tone | undefined }) {
  return <svg class={`status-mark tone-${tone ?? toneOf(status)}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false"><StatusShape status={status} /></svg>;
}

export function StatusBadge({ status, pill = false, words }: { status: string; pill?: boolean; words?: string | undefined }) {
  return <span class={`status tone-${toneOf(status)} ${pill ? 'pill' : ''}`}><StatusMark status={status} />{words ?? wordOf(status)}</span>;
}
