// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, emptyState, statusIn, type RunEvent } from './state';

const event = (attempt: number, kind: string, more: Partial<RunEvent> = {}): RunEvent =>
  ({ attempt, sequence: 1, kind, date: '2026-01-01T00:00:00Z', status: null, action: null, reason: null, number: 0, text: '', ...more });

const story = [
  event(1, 'attempt_created'), event(1, 'attempt_started'), event(1, 'action_started', { action: 1, number: 1 }),
  event(1, 'action_ended', { action: 1, status: 'SUCCESSFUL' }), event(1, 'action_started', { action: 2, number: 1 }),
  event(1, 'action_ended', { action: 2, status: 'FAILED', text: 'exit code 1' }),
  event(1, 'attempt_ended', { status: 'FAILED', text: 'action 2 failed' }),
  event(2, 'attempt_created'), event(2, 'attempt_started'), event(2, 'action_started', { action: 2, number: 1 }),
];

test('events tell the state of each attempt, in whatever pieces they come', () => {
  for (let cut = 0; cut <= story.length; ++cut) {
    const state = emptyState();
    apply(state, story.slice(0, cut));
    apply(state, story.slice(cut));
    const [first, second] = state.attempts;
    assert.equal(first?.status, 'FAILED');
    assert.equal(statusIn(first, 2, ''), 'FAILED');
    assert.equal(first?.actions.get(2)?.error, 'exit code 1');
    assert.equal(statusIn(first, 3, ''), 'NOT_EXECUTED');
    assert.equal(second?.status, 'INPROGRESS');
    assert.equal(statusIn(second, 1, ''), 'SUCCESSFUL');
    assert.equal(second?.actions.get(1)?.attempt, 1);
    assert.equal(statusIn(second, 2, ''), 'INPROGRESS');
    assert.equal(statusIn(second, 3, ''), 'INITIAL');
  }
});

test('a new attempt is told of once', () => {
  const state = emptyState();
  assert.equal(apply(state, story.slice(0, 7)), true);
  assert.equal(apply(state, story.slice(7, 8)), true);
  assert.equal(apply(state, story.slice(8)), false);
});

test('waiting and its answer', () => {
  const state = emptyState();
  apply(state, [event(1, 'attempt_created'), event(1, 'waiting', { action: 1, status: 'WAITING_FOR_APPLY' })]);
  assert.equal(state.attempts[0]?.status, 'WAITING_FOR_APPLY');
  assert.equal(statusIn(state.attempts[0], 1, ''), 'WAITING_FOR_APPLY');
  apply(state, [event(1, 'answered', { action: 1, status: 'INPROGRESS', text: 'approved by ana' })]);
  assert.equal(state.attempts[0]?.status, 'INPROGRESS');
});
