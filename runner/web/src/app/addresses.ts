// SPDX-License-Identifier: Apache-2.0
// Addresses of the page. A workspace's own pages have words of their own in the second place; a project that is called
// like one of them is reached below "project/".

export const ownWords = new Set(['runs', 'approvals', 'integrations', 'why', 'people', 'groups', 'permissions', 'agents',
  'audit', 'settings', 'variables', 'environments', 'webhooks', 'sso', 'project']);

const part = encodeURIComponent;

export const home = '/app';
export const workspacePage = (workspace: string, rest = '') =>
  `/app/${part(workspace)}${rest === '' ? '' : `/${rest}`}`;
export const projectPage = (workspace: string, project: string, rest = '') =>
  `/app/${part(workspace)}/${ownWords.has(project) ? 'project/' : ''}${part(project)}${rest === '' ? '' : `/${rest}`}`;
export const runPage = (workspace: string, project: string, run: number) =>
  projectPage(workspace, project, `runs/${run}`);
export const pipelinePage = (workspace: string, project: string, pipeline: number, rest = '') =>
  projectPage(workspace, project, `pipelines/${pipeline}${rest === '' ? '' : `/${rest}`}`);
export const integrationPage = (workspace: string, integration: string, rest = '') =>
  workspacePage(workspace, `integrations/${part(integration)}${rest === '' ? '' : `/${rest}`}`);
