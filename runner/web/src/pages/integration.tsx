// SPDX-License-Identifier: Apache-2.0
// One integration: what it is, who may do what with it, which pipelines may use it, who did.
import type { Integration } from '../api/access';
import { integrationAt } from '../api/paths';
import { integrationPage, projectPage, workspacePage } from '../app/addresses';
import { useLoad } from '../app/load';
import { useNotManager } from '../app/me';
import type { PageProps } from '../app/routes';
import { Page, Tabs } from '../parts/page';
import { Problem, Waiting } from '../parts/states';
import { plain } from '../parts/text';
import { AuditTab } from './integration/audit';
import { Details } from './integration/details';
import { PermissionsTab } from './integration/permissions';
import { PipelinesTab } from './integration/pipelines';
import type { TabProps } from './integration/tab';
import { UsageTab } from './integration/usage';
import './integration/integration.css';

const tabs = [
  { key: '', label: 'Details', shown: Details },
  { key: 'permissions', label: 'Permissions', shown: PermissionsTab },
  { key: 'pipelines', label: 'Allowed pipelines', shown: PipelinesTab },
  { key: 'usage', label: 'Usage', shown: UsageTab },
  { key: 'audit', label: 'Audit', shown: AuditTab },
];

export default function IntegrationPage({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const id = params['integration'] ?? '';
  const of = useLoad<Integration>(integrationAt(workspace, id));
  const off = useNotManager(workspace, id);
  const at = params['tab'] ?? '';
  const tab = tabs.find((t) => t.key === at) ?? tabs[0];
  const crumbs = [{ text: 'Integrations', href: workspacePage(workspace, 'integrations') }];
  if (of.data?.project_name) crumbs.unshift({ text: of.data.project_name, href: projectPage(workspace, of.data.project_name) });
  if (!of.data)
    return <Page title="Integration" crumbs={crumbs}>{of.error ? <Problem error={of.error} again={of.reload} /> : <Waiting />}</Page>;
  const Shown = tab?.shown ?? Details;
  const props: TabProps = { workspace, of: of.data, etag: of.etag, reload: of.reload, off };
  return (
    <Page title={of.data.name} crumbs={crumbs}>
      {of.error ? <Problem error={of.error} again={of.reload} /> : null}
      <Tabs label={plain(of.data.name, 60)} tabs={tabs.map((t) => ({ key: t.key, label: t.label, current: t === tab, href: integrationPage(workspace, id, t.key) }))} />
      <Shown {...props} />
    </Page>
  );
}
