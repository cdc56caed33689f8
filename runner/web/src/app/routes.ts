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
  { path: '/password', page: () => import('../pages/password'), open: true },

  { path: '/:workspace/integrations', page: () => import('../pages/integrations') },
  { path: '/:workspace/integrations/new', page: () => import('../pages/integration_new') },
  { path: '/:workspace/integrations/:integration', page: () => import('../pages/integration') },
  { path: '/:workspace/integrations/:integration/:tab', page: () => import('../pages/integration') },
  { path: '/:workspace/why', page: () => import('../pages/why') },
  { path: '/:workspace/audit', page: () => import('../pages/audit') },
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
