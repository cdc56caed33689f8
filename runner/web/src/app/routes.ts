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
];
