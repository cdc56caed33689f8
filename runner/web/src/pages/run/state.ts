// SPDX-License-Identifier: Apache-2.0
// What the events of a run say of it, attempt by attempt. Pure: events in, a state out, in whatever pieces they come.

export interface RunEvent {
  attempt: number;
  sequence: number;
  kind: string;
  date: string;
  status: string | null;
  action: number | null;
  reason: string | null;
  number: number;
  text: string;
}

export interface ActionState {
  status: string;
  attempt: number;  // in which it was executed
  started: string | null;
  ended: string | null;
  error: string;
  tries: number;
}

export interface AttemptState {
  number: number;
  status: string;
  created: string;
  started: string | null;
  ended: string | null;
  error: string;
  denied: string;  // the report as everybody may read it
  warnings: string[];
  tests: string;
  answers: string[];
  actions: Map<number, ActionState>;
}

export interface RunState { attempts: AttemptState[] }

export const emptyState = (): RunState => ({ attempts: [] });

function attemptOf(state: RunState, event: RunEvent): AttemptState {
  const known = state.attempts.find((a) => a.number === event.attempt);
  if (known) return known;
  const before = state.attempts.at(-1);
  const made: AttemptState = { number: event.attempt, status: 'ENQUEUED', created: event.date, started: null, ended: null,
    error: '', denied: '', warnings: [], tests: '', answers: [],
    // What succeeded is carried over; the rest begins anew.
    actions: new Map([...(before?.actions ?? [])].filter(([, a]) => a.status === 'SUCCESSFUL')) };
  state.attempts.push(made);
  return made;
}

function actionOf(attempt: AttemptState, number: number): ActionState {
  const made = attempt.actions.get(number) ??
    { status: 'INITIAL', attempt: attempt.number, started: null, ended: null, error: '', tries: 0 };
  const copy = { ...made };
  attempt.actions.set(number, copy);
  return copy;
}

// Changes `state`, and says whether there is a new attempt.
export function apply(state: RunState, events: readonly RunEvent[]): boolean {
  const before = state.attempts.length;
  for (const e of events) {
    const attempt = attemptOf(state, e);
    switch (e.kind) {
      case 'attempt_started':
        attempt.status = 'INPROGRESS';
        attempt.started = e.date;
        break;
      case 'attempt_ended':
        attempt.status = e.status ?? 'FAILED';
        attempt.ended = e.date;
        attempt.error = e.text;
        break;
      case 'denied':
        attempt.denied = e.text;
        break;
      case 'waiting':
        if (e.action !== null) actionOf(attempt, e.action).status = e.status ?? 'WAITING_FOR_APPLY';
        attempt.status = e.status ?? attempt.status;
        if (e.status === 'WAITING_FOR_PERMISSION') attempt.denied = e.text;
        break;
      case 'answered':
        if (e.action !== null) actionOf(attempt, e.action).status = 'INPROGRESS';
        attempt.status = e.status ?? 'INPROGRESS';
        attempt.answers.push(e.text);
        break;
      case 'action_started': {
        if (e.action === null) break;
        const action = actionOf(attempt, e.action);
        Object.assign(action, { status: 'INPROGRESS', attempt: attempt.number, ended: null, error: '', tries: e.number });
        // A further try of the same attempt goes on from the first one's start.
        if (e.number <= 1 || action.started === null) action.started = e.date;
        break;
      }
      case 'action_ended': {
        if (e.action === null) break;
        const action = actionOf(attempt, e.action);
        Object.assign(action, { status: e.status ?? 'FAILED', attempt: attempt.number, ended: e.date,
          error: e.status === 'FAILED' ? e.text : '' });
        break;
      }
      case 'cancel_requested':
        if (attempt.ended === null) attempt.status = 'TERMINATING';
        break;
      case 'warning':
        attempt.warnings.push(e.text);
        break;
      case 'tests_read':
        attempt.tests = e.text;
        break;
    }
  }
  return state.attempts.length > before;
}

// Of an action that no event tells of: not yet, or not at all.
export function statusIn(attempt: AttemptState | undefined, action: number, otherwise: string): string {
  const known = attempt?.actions.get(action);
  if (known) return known.status;
  if (attempt === undefined) return otherwise;
  return attempt.ended !== null ? 'NOT_EXECUTED' : 'INITIAL';
}
