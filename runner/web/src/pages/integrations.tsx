// SPDX-License-Identifier: Apache-2.0
// The integrations of a workspace that the reader may know of.
import type { Integration } from '../api/access';
import { all } from '../api/http';
import { workspaceAt } from '../api/paths';
import { integrationPage, projectPage, workspacePage } from '../app/addresses';
import { useLoad } from '../app/load';
import { useProjects } from '../app/places';
import { setQuery } from '../app/router';
import type { PageProps } from '../app/routes';
import { Select } from '../parts/field';
import { useTitles } from '../parts/integration_types';
import { Page } from '../parts/page';
import { Empty, Problem, Waiting } from '../parts/states';
import { Name, plain, plural } from '../parts/text';
import './integration/integration.css';

export const useIntegrations = (workspace: string) => useLoad<Integration[]>(`${workspaceAt(workspace)}/integrations?all`,
  (signal) => all<Integration>(`${workspaceAt(workspace)}/integrations`, 'integrations', signal));

function Allowed({ of }: { of: Integration }) {
  if (of.all_pipelines_allowed) return <>All pipelines</>;
  const n = of.allowed_pipelines.length;
  return n === 0 ? <span class="dim">No pipeline yet</span> : <>{plural(n, 'pipeline')}</>;
}

function Scope({ workspace, of }: { workspace: string; of: Integration }) {
  if (of.scope === 'WORKSPACE') return <>Workspace</>;
  return of.project_name ? <a href={projectPage(workspace, of.project_name)}>Project <bdi>{plain(of.project_name, 60)}</bdi></a> : <>A project</>;
}

export default function Integrations({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const { data, error, reload } = useIntegrations(workspace);
  const projects = useProjects(workspace).data ?? [];
  const titleOf = useTitles();
  const words = (query.get('q') ?? '').toLowerCase();
  const project = query.get('project') ?? '';
  const shown = (data ?? []).filter((i) =>
    (words === '' || `${i.name} ${i.identifier} ${i.type} ${titleOf(i.type)}`.toLowerCase().includes(words)) &&
    (project === '' || i.scope === 'WORKSPACE' || i.project_name === project));
  const add = `${workspacePage(workspace, 'integrations/new')}${project === '' ? '' : `?project=${encodeURIComponent(project)}`}`;
  return (
    <Page title="Integrations" actions={<a class="button primary" href={add}>Add an integration</a>}>
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.length === 0
        ? <Empty icon="key" title="No integrations yet" actions={<a class="button primary" href={add}>Add an integration</a>}>
            An integration holds the credential of another service. You decide which people and which pipelines may use it.
          </Empty>
        : null}
      {data && data.length > 0
        ? <>
            <div class="filters" role="search">
              <input type="search" aria-label="Filter by name, identifier or service" placeholder="Filter" data-search value={query.get('q') ?? ''}
                onInput={(event) => setQuery({ q: event.currentTarget.value })} />
              <Select aria-label="For which project" value={project} onChange={(v) => setQuery({ project: v })}
                choices={[{ value: '', label: 'All projects' }, ...projects.map((p) => ({ value: p.name, label: plain(p.display_name, 40) }))]} />
            </div>
            {shown.length === 0 ? <p class="dim" role="status">None fits this filter.</p>
              : <div class="card"><table class="list folds">
                  <thead><tr><th scope="col">Integration</th><th scope="col">Service</th><th scope="col">Scope</th><th scope="col">May be used by</th></tr></thead>
                  <tbody>
                    {shown.map((i) => (
                      <tr key={i.hash_id}>
                        <td class="lead"><a class="strong" href={integrationPage(workspace, i.hash_id)}><Name text={i.name} /></a>
                          <div class="dim small mono"><Name text={i.identifier} /></div></td>
                        <td class="fit">{titleOf(i.type)}</td>
                        <td class="fit"><Scope workspace={workspace} of={i} /></td>
                        <td class="fit"><Allowed of={i} /></td>
                      </tr>
                    ))}
                  </tbody>
                </table></div>}
          </>
        : null}
    </Page>
  );
}
