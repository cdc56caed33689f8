// SPDX-License-Identifier: Apache-2.0
// What the pages of a workspace's settings have in common.
import type { ComponentChildren } from 'preact';
import { workspacePage } from '../../app/addresses';
import { useNotAdministrator } from '../../app/me';
import { Page, Tabs } from '../../parts/page';
import { Notice } from '../../parts/states';
import '../people/people.css';

const tabs = [
  { key: 'settings', label: 'Workspace' }, { key: 'variables', label: 'Variables' }, { key: 'sso', label: 'Single sign-on' },
  { key: 'webhooks', label: 'Webhooks' },
];

export function SettingsFrame({ workspace, tab, actions, children, forAll = false }:
  { workspace: string; tab: string; actions?: ComponentChildren; children: ComponentChildren; forAll?: boolean }) {
  const off = useNotAdministrator(workspace);
  const shut = off !== null && !forAll;
  return (
    <Page title="Settings" actions={shut ? undefined : actions}>
      <Tabs label="Settings" tabs={tabs.map((t) => ({ ...t, href: workspacePage(workspace, t.key), current: t.key === tab }))} />
      {shut ? <Notice icon="lock">This is for administrators of the workspace.</Notice> : children}
    </Page>
  );
}
