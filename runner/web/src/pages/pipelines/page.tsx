// SPDX-License-Identifier: Apache-2.0
// A pipeline: its runs, its definition, what starts it, who may do what with it.
import { useState } from 'preact/hooks';
import { pipelineAt, type Place } from '../../api/paths';
import { definitionPath, triggerWords, type Definition, type Pipeline, type Trigger } from '../../api/pipelines';
import { pipelinePage, projectPage, workspacePage } from '../../app/addresses';
import { useLoad } from '../../app/load';
import { go } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useShortcuts } from '../../app/shortcuts';
import { Button } from '../../parts/button';
import { Icon } from '../../parts/icon';
import { Page, Tabs } from '../../parts/page';
import { Empty, Notice, Problem, Waiting } from '../../parts/states';
import { plain } from '../../parts/text';
import { RunsPanel } from '../runs/page';
import { BadgeDialog } from './badge';
import { DefinitionTab } from './definition';
import { PermissionsTab } from './permissions';
import { RunDialog } from './run_dialog';

const tabs = [['', 'Runs'], ['definition', 'Definition'], ['triggers', 'Triggers'], ['permissions', 'Permissions']] as const;

function Triggers({ at, pipeline }: { at: Place; pipeline: Pipeline }) {
  const told = useLoad<Definition>(definitionPath(at, pipeline.id));
  if (!told.data && !told.error) return <Waiting />;
  const written = (told.data?.triggers ?? []).map((t): Trigger => ({ ...t, type: t.event }));
  const triggers = written.length > 0 ? written : pipeline.events;
  if (triggers.length === 0)
    return <Empty icon="clock" title="Only a click starts it">Name events in its definition, and a push, a pull request, a schedule or a webhook starts it, too.</Empty>;
  return (
    <ul class="card">
      {triggers.map((t, i) => <li key={i} class="list-row padded row"><Icon name={t.type === 'SCHEDULE' ? 'clock' : t.type === 'WEBHOOK' ? 'link' : 'branch'} /><bdi>{plain(triggerWords(t), 300)}</bdi></li>)}
    </ul>
  );
}

export default function PipelinePage({ params, query }: PageProps) {
  const at: Place = { workspace: params['workspace'] ?? '', project: params['project'] ?? '' };
  const id = Number(params['pipeline']);
  const tab = params['tab'] ?? '';
  const loaded = useLoad<Pipeline>(pipelineAt(at, id));
  const [running, setRunning] = useState(false);
  const [badge, setBadge] = useState(false);
  const pipeline = loaded.data;
  const base = pipelinePage(at.workspace, at.project, id);
  useShortcuts([
    { keys: 'n', what: 'Run this pipeline', run: () => setRunning(true) },
    ...tabs.map(([key, label], i) => ({ keys: String(i + 1), what: label, run: () => go(key === '' ? base : `${base}/${key}`) })),
  ]);
  const off = pipeline?.may?.run === false ? 'You may see this pipeline, but not run it.' : pipeline?.disabled ? `It is disabled${pipeline.disabled_reason ? `: ${plain(pipeline.disabled_reason, 200)}` : ''}.` : null;
  return (
    <Page title={pipeline?.name ?? `Pipeline ${id}`}
      crumbs={[{ text: at.workspace, href: workspacePage(at.workspace) }, { text: at.project, href: projectPage(at.workspace, at.project) }, { text: 'Pipelines', href: projectPage(at.workspace, at.project, 'pipelines') }]}
      actions={<><Button onClick={() => setBadge(true)}>Badge</Button><Button kind="primary" off={off} onClick={() => setRunning(true)}><Icon name="play" />Run</Button></>}>
      {loaded.error ? <Problem error={loaded.error} again={loaded.reload} /> : null}
      {!pipeline && !loaded.error ? <Waiting /> : null}
      {pipeline?.disabled ? <Notice tone="wait" icon="warning">This pipeline is disabled{pipeline.disabled_reason ? <>: <bdi>{plain(pipeline.disabled_reason, 300)}</bdi></> : null}. Nothing starts it.</Notice> : null}
      {pipeline
        ? <>
            <Tabs label="Of this pipeline" tabs={tabs.map(([key, label]) => ({ key, label, href: key === '' ? base : `${base}/${key}`, current: key === tab }))} />
            {tab === ''
              ? <RunsPanel scope={{ ...at, pipeline: id }} query={query} none={
                  <Empty icon="runs" title="It has not run yet" actions={<Button kind="primary" off={off} onClick={() => setRunning(true)}>Run it</Button>}>Each run of this pipeline appears here as it happens.</Empty>} />
              : null}
            {tab === 'definition' ? <DefinitionTab key={id} at={at} loaded={loaded} pipeline={pipeline} /> : null}
            {tab === 'triggers' ? <Triggers at={at} pipeline={pipeline} /> : null}
            {tab === 'permissions' ? <PermissionsTab key={id} at={at} loaded={loaded} pipeline={pipeline} /> : null}
          </>
        : null}
      {badge && pipeline ? <BadgeDialog at={at} pipeline={id} name={pipeline.name} page={base} onClose={() => setBadge(false)} /> : null}
      {running ? <RunDialog at={at} pipeline={id} onClose={() => setRunning(false)} /> : null}
    </Page>
  );
}
