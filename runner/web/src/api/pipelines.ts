// SPDX-License-Identifier: Apache-2.0
import { call, send } from './http';
import { own, pipelineAt, projectAt, type Place } from './paths';
import type { May } from './runs';
import type { Named, Person } from './types';

export interface Trigger { type: string; refs?: string[]; branches?: string[]; events?: string[]; cron?: string; delay?: number; start_date?: string; timezone?: string }

export type PipelineLevel = 'DEFAULT' | 'DENIED' | 'READ_ONLY' | 'RUN_ONLY' | 'READ_WRITE';

export interface PipelineRights {
  others: PipelineLevel;
  users: { id: number; access_level: PipelineLevel }[];
  groups: { id: number; access_level: PipelineLevel }[];
}

export interface Pipeline {
  id: number;
  name: string;
  last_execution_status: string;
  events: Trigger[];
  refs: string[];
  priority: string;
  disabled: boolean;
  disabled_reason: string | null;
  paused: boolean;
  description_required: boolean;
  git_config_ref: 'NONE' | 'DYNAMIC' | 'FIXED';
  create_date: string;
  permissions?: PipelineRights;
  project?: Named & { display_name: string };
  creator?: Person | null;
  yaml?: string | null;
  may?: May;
}

export interface ProblemAt { severity: 'error' | 'warning'; code: string; message: string; help: string | null; line: number; column: number; end_line?: number; end_column?: number }
export interface Definition { yaml: string | null; kept: 'here' | 'repository' | 'none'; file: string | null; problems: ProblemAt[]; hidden: boolean; triggers?: (Omit<Trigger, 'type'> & { event: string })[] }
export interface Validation { valid: boolean; problems: ProblemAt[]; pipelines: string[] }

export const definitionPath = (at: Place, pipeline: number) => own(`${pipelineAt(at, pipeline)}/definition`);

// The text as it is: no JSON around it.
export const validate = (at: Place, yaml: string) => send<Validation>('POST', own(`${projectAt(at)}/pipelines/validate`), yaml, { text: true });

export const addPipeline = (at: Place, name: string, yaml: string) => send<Pipeline>('POST', `${projectAt(at)}/pipelines`, { name, yaml });

export const editPipeline = (at: Place, pipeline: number, change: object, etag: string | null) =>
  call<Pipeline>('PATCH', pipelineAt(at, pipeline), { body: change, ifMatch: etag });

// A trigger in words.
export function triggerWords(t: Trigger): string {
  const refs = [...(t.refs ?? []), ...(t.branches ?? [])];
  const on = refs.length === 0 ? 'any branch or tag' : refs.join(', ');
  switch (t.type) {
    case 'PUSH': return `a push to ${on}`;
    case 'CREATE_REF': return `a new ${refs.length === 0 ? 'branch or tag' : on}`;
    case 'DELETE_REF': return `the removal of ${on}`;
    case 'PULL_REQUEST': return `a pull request to ${refs.length === 0 ? 'any branch' : on}${t.events?.length ? ` (${t.events.join(', ')})` : ''}`;
    case 'SCHEDULE': return t.cron ? `the schedule ${t.cron}${t.timezone ? ` (${t.timezone})` : ''}` : `every ${t.delay ?? '?'} minutes`;
    case 'WEBHOOK': return 'its webhook';
    default: return t.type.toLowerCase().replaceAll('_', ' ');
  }
}
