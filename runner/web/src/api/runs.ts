// SPDX-License-Identifier: Apache-2.0
// Runs as the API tells of them.
import { call, get, send } from './http';
import { actionExecutionAt, executionAt, own, projectAt, type Place } from './paths';
import type { Named, Person } from './types';

export interface Ref { type: 'branch' | 'tag' | 'pull_request' | 'none'; name: string; full: string }

export interface RunRow {
  id: number;
  status: string;
  create_date: string;
  start_date: string | null;
  finish_date: string | null;
  comment: string | null;
  creator: Person | null;
  branch: Named | null;
  tag: Named | null;
  pull_request: Named | null;
  to_revision: { revision: string } | null;
  triggered_on: string;
  pipeline: { id: number; name: string };
  project?: { name: string; display_name: string };
  ref?: Ref;
  commit?: { id: string; subject: string | null } | null;
  actor?: Person | null;
  attempts?: number | Attempt[];
  reason?: string | null;
  from_fork?: boolean;
  fork_approved_by?: Person | null;
}

export interface Attempt {
  number: number;
  status: string;
  actor: Person | null;
  reason: string;
  create_date: string;
  start_date: string | null;
  finish_date: string | null;
}

export interface Question { key: string; description?: string | null; value?: string | null; type?: string; options?: string[]; encrypted?: boolean }

export interface ActionExecution {
  status: string;
  action: { id: number; name: string; type: string; trigger_time: string; disabled: boolean };
  action_execution_id: string;
  start_date: string | null;
  finish_date: string | null;
  error_message: string | null;
  stage?: number;
  file?: string | null;
  line?: number | null;
  question?: string | null;
  variables?: Question[];
}

export interface May { run: boolean; manage: boolean }

export interface Run extends Omit<RunRow, 'attempts'> {
  attempts: Attempt[];
  error_message: string | null;
  action_executions: ActionExecution[];
  may?: May;
}

export interface Missing {
  integration: string | null;  // null: the reader may not know which
  integration_id?: string | null;
  name?: string | null;
  identifier?: string | null;
  type?: string | null;
  verdict: string;
  reason: string;
  used_by: { action: string; file: string; line: number; column: number }[];
  can_grant: { who: string; level: string }[];
  may_grant: boolean;
  why_not?: string | null;
}

export interface MissingReport { missing: Missing[]; may_grant_and_retry: boolean; report: string }

export interface GrantTerms { ref?: string; expires_in?: number; once?: boolean; integrations?: string[] }

export const runPath = (at: Place, run: number) => own(`${projectAt(at)}/executions/${run}`);
export const missingPath = (at: Place, pipeline: number, run: number) => own(`${executionAt(at, pipeline, run)}/missing`);
export const eventsPath = (at: Place, pipeline: number, run: number) => own(`${executionAt(at, pipeline, run)}/events?follow=1`);
export const logPath = (at: Place, pipeline: number, run: number, action: string) =>
  own(`${actionExecutionAt(at, pipeline, run, action)}/log`);

export type Operation = 'RETRY' | 'CANCEL' | 'APPLY' | 'APPLY_VARIABLES' | 'RUN_DELAYED' | 'APPROVE_FORK';

export const operate = (at: Place, run: Run | RunRow, operation: Operation, more: object = {}) =>
  send<Run>('PATCH', executionAt(at, run.pipeline.id, run.id), { operation, ...more });

export async function grantAndRetry(at: Place, pipeline: number, run: number, terms: GrantTerms, key: string) {
  const { body } = await call<Run & { attempt: number }>('POST', own(`${executionAt(at, pipeline, run)}/grant`),
    { body: terms, idempotencyKey: key });
  return body;
}

export const askForAccess = (at: Place, pipeline: number, run: number, note: string) =>
  send<unknown>('POST', `${missingPath(at, pipeline, run)}/request`, note === '' ? {} : { note });

export const runNow = (at: Place, pipeline: number, order: object) =>
  send<Run>('POST', `${projectAt(at)}/pipelines/${pipeline}/executions`, order);

export const missingOf = (at: Place, pipeline: number, run: number) => get<MissingReport>(missingPath(at, pipeline, run));

// The log of an action in another attempt than the one that is told of: run, attempt and action, as the API writes them.
export function actionIdIn(known: string, attempt: number): string {
  return known.slice(0, 12) + attempt.toString(16).padStart(4, '0') + known.slice(16);
}

export function refOf(run: RunRow | Run): Ref | null {
  if (run.ref) return run.ref.type === 'none' ? null : run.ref;
  if (run.branch) return { type: 'branch', name: run.branch.name, full: `refs/heads/${run.branch.name}` };
  if (run.tag) return { type: 'tag', name: run.tag.name, full: `refs/tags/${run.tag.name}` };
  if (run.pull_request) return { type: 'pull_request', name: run.pull_request.name, full: `refs/${run.pull_request.name}` };
  return null;
}

export const nameOf = (person: Person | null | undefined) => person?.name || person?.email || (person ? `user ${person.id}` : '');
