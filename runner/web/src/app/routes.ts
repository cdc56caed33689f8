// SPDX-License-Identifier: Apache-2.0
// Every page of Latchkey. To add one: write src/pages/<name>.tsx whose default export is a component of PageProps that
// draws a <Page>, and add a line here. Its code is loaded when it is first opened. A place is ":name", a number ":name#".
import type { ComponentType } from 'preact';
import type { Params } from './match';

export interface PageProps { params: Params; query: URLSearchParams; hash: string }

export interface Route {
  path: string;
  page: () => Promise<{ default: ComponentType<PageProps> }>;
  open?: true;  // for whoever is not signed in, too; without navigation
}

export const routes: readonly Route[] = [
  { path: '/', page: () => import('../pages/home') },
  { path: '/:workspace', page: () => import('../pages/workspace') },
  { path: '/:workspace/runs', page: () => import('../pages/runs/workspace') },
  { path: '/:workspace/approvals', page: () => import('../pages/approvals/page') },
  { path: '/:workspace/:project', page: () => import('../pages/project/page') },
  { path: '/:workspace/:project/runs', page: () => import('../pages/project/page') },
  { path: '/:workspace/:project/runs/:run#', page: () => import('../pages/run/page') },
  { path: '/:workspace/:project/pipelines', page: () => import('../pages/project/page') },
  { path: '/:workspace/:project/pipelines/:pipeline#', page: () => import('../pages/pipelines/page') },
  { path: '/:workspace/:project/pipelines/:pipeline#/executions/:run#', page: () => import('../pages/run/page') },
  { path: '/:workspace/:project/pipelines/:pipeline#/:tab', page: () => import('../pages/pipelines/page') },
  { path: '/setup', page: () => import('../pages/setup'), open: true },
  { path: '/password', page: () => import('../pages/password'), open: true },

  { path: '/:workspace/integrations', page: () => import('../pages/integrations') },
  { path: '/:workspace/integrations/new', page: () => import('../pages/integration_new') },
  { path: '/:workspace/integrations/:integration', page: () => import('../pages/integration') },
  { path: '/:workspace/integrations/:integration/:tab', page: () => import('../pages/integration') },
  { path: '/:workspace/why', page: () => import('../pages/why') },
  { path: '/:workspace/audit', page: () => import('../pages/audit') },
  { path: '/:workspace/agents', page: () => import('../pages/agents') },
  { path: '/:workspace/people', page: () => import('../pages/people') },
  { path: '/:workspace/people/roles', page: () => import('../pages/people/roles') },
  { path: '/:workspace/permissions', page: () => import('../pages/people/roles') },
  { path: '/:workspace/permissions/:set#', page: () => import('../pages/people/roles') },
  { path: '/:workspace/people/projects', page: () => import('../pages/people/projects') },
  { path: '/:workspace/people/tokens', page: () => import('../pages/people/tokens') },
  { path: '/:workspace/people/:member#', page: () => import('../pages/people') },
  { path: '/:workspace/groups', page: () => import('../pages/people/groups') },
  { path: '/:workspace/groups/:group#', page: () => import('../pages/people/group') },
  { path: '/:workspace/settings', page: () => import('../pages/settings') },
  { path: '/:workspace/sso', page: () => import('../pages/settings/sign_on') },
  { path: '/:workspace/webhooks', page: () => import('../pages/settings/webhooks') },
  { path: '/:workspace/webhooks/:webhook#', page: () => import('../pages/settings/webhooks') },
  { path: '/:workspace/variables', page: () => import('../pages/settings/variables') },
];
