// SPDX-License-Identifier: Apache-2.0
// Entries of the audit log, each with all that it says.
import type { AuditEntry } from '../api/access';
import { integrationPage, pipelinePage, projectPage, runPage } from '../app/addresses';
import { Name, plain } from './text';
import { Ago, exact } from './time';

const told: Record<string, string> = {
  decision: 'Decision', secret_opened: 'Credential opened', grant: 'Grant', revoke: 'Revoke',
  integration_created: 'Integration added', integration_edited: 'Integration edited', integration_deleted: 'Integration deleted',
  run_started: 'Run started', run_retried: 'Run retried', run_cancelled: 'Run cancelled', approval: 'Approval', login: 'Signing in',
  key_rotated: 'Key rotated', pipeline_retired: 'Pipeline retired', workspace_changed: 'Workspace', member_changed: 'Member',
  group_changed: 'Group', permission_set_changed: 'Role', project_changed: 'Project', pipeline_changed: 'Pipeline',
  token_changed: 'Access token', password_changed: 'Password', variable_changed: 'Variable', webhook_changed: 'Webhook',
  environment_changed: 'Environment', account_changed: 'Account', access_requested: 'Request for access',
};

export const auditKinds = Object.keys(told);
export const kindWord = (kind: string) => told[kind] ?? kind;

const numbers = new Set(['decision', 'grant', 'variable', 'webhook']);

// What stands under its name already, numbers that name nothing here, and what is the same in every entry, are left
// out; the export has them.
function factsOf(e: AuditEntry, without: string): [string, string][] {
  const named = (name: string) => numbers.has(name) || name === without || (name === 'integration' && e.about?.integration) || (name === 'pipeline' && e.about?.pipeline) ||
    (name === 'project' && e.about?.project) || (name === 'run' && e.about?.execution);
  return Object.entries(e.facts).filter(([name, value]) => value !== '' && value !== '0' && name !== 'workspace' && !named(name)).map(([name, value]) => {
    if (name === 'expires' && /^\d{12,14}$/.test(value)) return ['until', exact(new Date(Number(value)).toISOString())];
    return [name.replaceAll('_', ' '), name === 'verdict' ? value.replaceAll('_', ' ') : value];
  });
}

// What an entry is about, by name, each a way there.
function About({ of, workspace }: { of: NonNullable<AuditEntry['about']>; workspace: string }) {
  const { integration, pipeline, project, execution } = of;
  return (
    <>
      {integration ? <li><span class="dim">integration</span> <a class="inline" href={integrationPage(workspace, integration.hash_id)}><Name text={integration.name} /></a></li> : null}
      {pipeline && project ? <li><span class="dim">pipeline</span> <a class="inline" href={pipelinePage(workspace, project.name, pipeline.id)}><Name text={pipeline.name} /></a></li> : null}
      {execution && project ? <li><span class="dim">run</span> <a class="inline" href={runPage(workspace, project.name, execution)}>#{execution}</a></li> : null}
      {project ? <li><span class="dim">project</span> <a class="inline" href={projectPage(workspace, project.name)}><Name text={project.display_name} /></a></li> : null}
    </>
  );
}

// `without`: what all of them are about.
export function Entries({ of, workspace, without = '' }: { of: AuditEntry[]; workspace: string; without?: string }) {
  return (
    <div class="card"><table class="list folds">
      <thead><tr><th scope="col" class="number">#</th><th scope="col">What</th><th scope="col">Who</th><th scope="col">About</th><th scope="col">When</th></tr></thead>
      <tbody>
        {of.map((e) => (
          <tr key={e.sequence}>
            <td class="fit number dim">{e.sequence}</td>
            <td class="fit strong">{kindWord(e.kind)}</td>
            <td class="fit">{e.actor ? <Name text={e.actor.name || e.actor.email || ''} /> : <span class="dim">The server</span>}</td>
            <td><ul class="audit-facts">{e.about ? <About of={e.about} workspace={workspace} /> : null}{factsOf(e, without).map(([name, value]) => (
              <li key={name}><span class="dim">{name}</span> <bdi>{plain(value, 200)}</bdi></li>
            ))}</ul></td>
            <td class="fit"><Ago at={e.date} /></td>
          </tr>
        ))}
      </tbody>
    </table></div>
  );
}
