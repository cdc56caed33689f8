// SPDX-License-Identifier: Apache-2.0
// Runs of a workspace, a project or a pipeline: one list, its filters in the address.
import type { ComponentChildren } from 'preact';
import { all } from '../../api/http';
import { projectAt, workspaceAt } from '../../api/paths';
import { nameOf } from '../../api/runs';
import type { Person } from '../../api/types';
import { useLoad } from '../../app/load';
import { useProjects } from '../../app/places';
import { setQuery } from '../../app/router';
import { Button } from '../../parts/button';
import { Select } from '../../parts/field';
import { Empty, Problem, Waiting } from '../../parts/states';
import { plain } from '../../parts/text';
import { filtersIn, statusChoices, useRuns, type Filters, type Scope } from './list';
import { RunsTable } from './table';

function useMembers(workspace: string) {
  const path = `${workspaceAt(workspace)}/members`;
  return useLoad<Person[]>(path, (signal) => all<Person>(path, 'members', signal));
}

function usePipelineNames(scope: Scope) {
  const path = scope.project === undefined || scope.pipeline !== undefined ? null
    : `${projectAt({ workspace: scope.workspace, project: scope.project })}/pipelines`;
  return useLoad<{ id: number; name: string }[]>(path, (signal) => all(path ?? '', 'pipelines', signal));
}

function FilterBar({ scope, filters }: { scope: Scope; filters: Filters }) {
  const members = useMembers(scope.workspace);
  const projects = useProjects(scope.project === undefined ? scope.workspace : undefined);
  const pipelines = usePipelineNames(scope);
  const set = (name: string) => (value: string) => setQuery({ [name]: value, before: null });
  const some = filters.status + filters.project + filters.pipeline + filters.ref + filters.actor !== '';
  return (
    <form class="filters" role="search" aria-label="Filter the runs" onSubmit={(event) => event.preventDefault()}>
      <Select aria-label="Status" value={filters.status} onChange={set('status')} choices={statusChoices} />
      {scope.project === undefined
        ? <Select aria-label="Project" value={filters.project} onChange={set('project')}
            choices={[{ value: '', label: 'Any project' }, ...(projects.data ?? []).map((p) => ({ value: p.name, label: plain(p.display_name, 40) }))]} />
        : null}
      {scope.project !== undefined && scope.pipeline === undefined
        ? <Select aria-label="Pipeline" value={filters.pipeline} onChange={set('pipeline')}
            choices={[{ value: '', label: 'Any pipeline' }, ...(pipelines.data ?? []).map((p) => ({ value: String(p.id), label: plain(p.name, 40) }))]} />
        : null}
      <Select aria-label="Who started it" value={filters.actor} onChange={set('actor')}
        choices={[{ value: '', label: 'By anybody' }, ...(members.data ?? []).map((m) => ({ value: String(m.id), label: plain(nameOf(m), 40) }))]} />
      <input data-search type="search" aria-label="Branch or tag" placeholder="Branch or tag" value={filters.ref} spellcheck={false}
        onChange={(event) => set('ref')(event.currentTarget.value.trim())} />
      {some ? <Button kind="quiet" onClick={() => setQuery({ status: null, project: null, pipeline: null, ref: null, actor: null, before: null })}>Clear</Button> : null}
    </form>
  );
}

// `none`: what stands where nothing has ever run.
export function RunsPanel({ scope, query, none }: { scope: Scope; query: URLSearchParams; none: ComponentChildren }) {
  const filters = filtersIn(query);
  const list = useRuns(scope, filters);
  const filtered = Object.values(filters).some((v) => v !== '');
  const rows = list.data?.executions ?? [];
  return (
    <div class="stack">
      <FilterBar scope={scope} filters={filters} />
      {list.error ? <Problem error={list.error} again={list.reload} /> : null}
      {list.data === undefined && !list.error ? <Waiting /> : null}
      {rows.length > 0 ? <RunsTable rows={rows} scope={scope} /> : null}
      {list.data && rows.length === 0 && filtered
        ? <Empty icon="search" title="No run fits this filter" actions={<Button onClick={() => setQuery({ status: null, project: null, pipeline: null, ref: null, actor: null, before: null })}>Show all runs</Button>} />
        : null}
      {list.data && rows.length === 0 && !filtered ? none : null}
      {filters.before !== '' || list.data?.next
        ? <nav class="row" aria-label="Pages">
            {filters.before !== '' ? <Button onClick={() => setQuery({ before: null }, 'push')}>Newest</Button> : null}
            {list.data?.next ? <Button onClick={() => setQuery({ before: list.data?.next ?? null }, 'push')}>Older</Button> : null}
          </nav>
        : null}
    </div>
  );
}
