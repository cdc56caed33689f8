// SPDX-License-Identifier: Apache-2.0
// Addresses of the API. Every part is encoded here and nowhere else.

const part = (value: string | number) => encodeURIComponent(String(value));

export interface Place { workspace: string; project: string }

export const workspaceAt = (workspace: string) => `/workspaces/${part(workspace)}`;
export const projectAt = (at: Place) => `${workspaceAt(at.workspace)}/projects/${part(at.project)}`;
export const pipelineAt = (at: Place, pipeline: number) => `${projectAt(at)}/pipelines/${pipeline}`;
export const executionAt = (at: Place, pipeline: number, run: number) =>
  `${pipelineAt(at, pipeline)}/executions/${run}`;
export const actionExecutionAt = (at: Place, pipeline: number, run: number, action: string) =>
  `${executionAt(at, pipeline, run)}/action_executions/${part(action)}`;
export const integrationAt = (workspace: string, integration: string) =>
  `${workspaceAt(workspace)}/integrations/${part(integration)}`;

// The same resource below Latchkey's own part of the API.
export const own = (path: string) => `/latchkey/v1${path}`;

// `undefined`, null and "" are left out.
export function withQuery(path: string, query: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') pairs.set(name, String(value));
  const text = pairs.toString();
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`;
}
