// SPDX-License-Identifier: Apache-2.0
// What the pages about people have in common.
import type { ComponentChildren } from 'preact';
import { workspacePage } from '../../app/addresses';
import { Page, Tabs } from '../../parts/page';

const tabs = [
  { key: 'people', label: 'Members' }, { key: 'groups', label: 'Groups' }, { key: 'people/roles', label: 'Roles' },
  { key: 'people/projects', label: 'Roles in projects' }, { key: 'people/tokens', label: 'Your tokens' },
];

export function PeopleFrame({ workspace, tab, actions, children }:
  { workspace: string; tab: string; actions?: ComponentChildren; children: ComponentChildren }) {
  return (
    <Page title="People" actions={actions}>
      <Tabs label="People" tabs={tabs.map((t) => ({ ...t, href: workspacePage(workspace, t.key), current: t.key === tab }))} />
      {children}
    </Page>
  );
}
