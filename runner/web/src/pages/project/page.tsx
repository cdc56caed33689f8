// SPDX-License-Identifier: Apache-2.0
// A project: its runs, and its pipelines.
import { useState } from 'preact/hooks';
import { projectAt, type Place } from '../../api/paths';
import type { Project } from '../../api/types';
import { projectPage, workspacePage } from '../../app/addresses';
import { useLoad } from '../../app/load';
import { go } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useShortcuts } from '../../app/shortcuts';
import { useWhere } from '../../app/where';
import { Button } from '../../parts/button';
import { Icon } from '../../parts/icon';
import { Page, Tabs } from '../../parts/page';
import { Empty, Problem } from '../../parts/states';
import { RunsPanel } from '../runs/page';
import { AddPipeline } from '../pipelines/add';
import { PipelineList } from '../pipelines/list';
import { RunDialog } from '../pipelines/run_dialog';

export default function ProjectPage({ params, query }: PageProps) {
  const at: Place = { workspace: params['workspace'] ?? '', project: params['project'] ?? '' };
  const project = useLoad<Project>(projectAt(at));
  const here = useWhere().path;
  const base = projectPage(at.workspace, at.project);
  const pipelines = here === `${base}/pipelines`;
  const [open, setOpen] = useState<'add' | 'run' | null>(null);
  useShortcuts([
    { keys: 'n', what: 'Run a pipeline', run: () => setOpen('run') },
    { keys: '1', what: 'Runs', run: () => go(base) },
    { keys: '2', what: 'Pipelines', run: () => go(`${base}/pipelines`) },
  ]);
  const name = project.data?.display_name ?? at.project;
  return (
    <Page title={name} crumbs={[{ text: at.workspace, href: workspacePage(at.workspace) }]}
      actions={<><Button onClick={() => setOpen('add')}><Icon name="plus" />Add a pipeline</Button><Button kind="primary" onClick={() => setOpen('run')}><Icon name="play" />Run</Button></>}>
      {project.error ? <Problem error={project.error} again={project.reload} /> : null}
      <Tabs label="Of this project" tabs={[{ key: 'runs', href: base, current: !pipelines, label: 'Runs' }, { key: 'pipelines', href: `${base}/pipelines`, current: pipelines, label: 'Pipelines' }]} />
      {project.error ? null : pipelines
        ? <PipelineList at={at} onAdd={() => setOpen('add')} />
        : <RunsPanel scope={at} query={query} none={
            <Empty icon="runs" title="Nothing has run in this project yet"
              actions={<><Button kind="primary" onClick={() => setOpen('run')}>Run a pipeline</Button><a class="button" href={`${base}/pipelines`}>See its pipelines</a></>}>
              Run a pipeline by hand, or let a push, a schedule or a webhook do it. Each run appears here as it happens.
            </Empty>} />}
      {open === 'add' ? <AddPipeline at={at} onClose={() => setOpen(null)} /> : null}
      {open === 'run' ? <RunDialog at={at} onClose={() => setOpen(null)} onAdd={() => setOpen('add')} /> : null}
    </Page>
  );
}
