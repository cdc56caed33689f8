// SPDX-License-Identifier: Apache-2.0
// Which pipelines may use an integration: all, or those of a list; by whom each was allowed, for what and until when.
import { useState } from 'preact/hooks';
import type { Grant } from '../../api/access';
import { send } from '../../api/http';
import { integrationAt, own } from '../../api/paths';
import { pipelinePage, runPage } from '../../app/addresses';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { askSure, confirmed } from '../../parts/confirm';
import { Empty, Notice, Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import { Ago } from '../../parts/time';
import { AllowDialog } from './allow';
import { ReplaceDialog } from './replace';
import type { TabProps } from './tab';

function Conditions({ of }: { of: Grant }) {
  if (of.ref === null && of.only_execution === null) return <span class="dim">None</span>;
  return (
    <>
      {of.ref === null ? null : <>refs like <code class="chip">{plain(of.ref, 80)}</code></>}
      {of.ref !== null && of.only_execution !== null ? ', ' : ''}
      {of.only_execution === null ? null : <>run #{of.only_execution} only</>}
    </>
  );
}

function GrantRow({ workspace, of, onRemove }: { workspace: string; of: Grant; onRemove: () => Promise<void> }) {
  const project = of.pipeline.project_name;
  const from = of.from_execution ?? null;
  return (
    <tr>
      <td class="lead"><a class="strong" href={pipelinePage(workspace, project, of.pipeline.id)}><Name text={of.pipeline.name} /></a><div class="dim small"><Name text={project} /></div></td>
      <td><Name text={of.granted_by?.name || of.granted_by?.email || 'Somebody who is gone'} />
        <div class="dim small"><Ago at={of.granted_at} />{from ? <>, from run <a href={runPage(workspace, project, from.id)}>#{from.id}</a></> : null}</div></td>
      <td class="fit">{of.expires_at === null ? <span class="dim">No end</span> : <>ends <Ago at={of.expires_at} /></>}</td>
      <td><Conditions of={of} /></td>
      <td class="fit"><Button onClick={onRemove} label={`Remove ${plain(of.pipeline.name, 60)}`}>Remove</Button></td>
    </tr>
  );
}

export function PipelinesTab(t: TabProps) {
  const [open, setOpen] = useState<'' | 'allow' | 'replace'>('');
  const path = own(`${integrationAt(t.workspace, t.of.hash_id)}/grants`);
  const grants = useLoad<{ grants: Grant[] }>(path);
  const attempt = useAttempt();
  const what = plain(t.of.name, 60);
  const again = async () => { await Promise.all([grants.reload(), t.reload()]); };
  const close = () => setOpen('');
  const done = async () => { close(); await again(); };
  const remove = async (of: Grant) => {
    const name = plain(of.pipeline.name, 60);
    if (!await askSure(`Take the permission of ${name} away?`,
      `Its next run that needs ${what} stops before it starts. A run that is under way is given the credential no more.`, 'Take it away')) return;
    if (await attempt.run(() => send('DELETE', `${path}/${of.pipeline.id}`))) notify(`${name} may no longer use ${what}.`);
    await again();
  };
  const setAll = async (all: boolean) => {
    const sure = all
      ? await askSure('Allow every pipeline?', `Whoever may change a pipeline in its scope can then use ${what}.`, 'Allow all', false)
      : await askSure('Allow only listed pipelines?', 'Pipelines that are not on the list are denied from their next run on. To keep those that used it lately, choose “Replace by those that used it”.', 'Only listed ones');
    if (!sure) return;
    await attempt.run(() => confirmed(() => send('PATCH', integrationAt(t.workspace, t.of.hash_id), { all_pipelines_allowed: all }, { ifMatch: t.etag })));
    await again();
  };
  const list = grants.data?.grants ?? [];
  return (
    <div class="stack">
      {t.of.all_pipelines_allowed
        ? <Notice tone="wait" icon="warning">
            <div class="stack tight">
              <p class="strong">All pipelines {t.of.scope === 'WORKSPACE' ? 'of the workspace' : 'of the project'} may use it.</p>
              <p>Whoever may change one of them can use the credential. A list of those that need it is safer.</p>
              <div class="row">
                <Button kind="primary" off={t.off} onClick={() => setOpen('replace')}>Replace by those that used it…</Button>
                <Button off={t.off} onClick={() => setAll(false)}>Only listed pipelines</Button>
              </div>
            </div>
          </Notice>
        : <div class="row between">
            <p class="dim grow">Only these pipelines may use it. A run of any other stops before it starts, and says who can grant it.</p>
            <span class="row"><Button kind={list.length > 0 ? 'primary' : ''} onClick={() => setOpen('allow')}>Allow a pipeline</Button>
              <Button off={t.off} onClick={() => setAll(true)}>Allow all</Button></span>
          </div>}
      <Wrong of={attempt} />
      {grants.error ? <Problem error={grants.error} again={grants.reload} /> : null}
      {!grants.data && !grants.error ? <Waiting /> : null}
      {grants.data && list.length === 0 && !t.of.all_pipelines_allowed
        ? <Empty icon="lock" title="No pipeline may use it yet">
            Allow one here. Or run a pipeline that names it: the run stops, and whoever may can grant it there and retry.
          </Empty>
        : null}
      {list.length > 0
        ? <>
            {t.of.all_pipelines_allowed ? <h2>On the list as well</h2> : null}
            <div class="card"><table class="list folds">
              <thead><tr><th scope="col">Pipeline</th><th scope="col">Allowed by</th><th scope="col">Until</th><th scope="col">Conditions</th><th scope="col"><span class="hidden-but-read">Remove</span></th></tr></thead>
              <tbody>{list.map((g, i) => <GrantRow key={`${g.pipeline.id}-${i}`} workspace={t.workspace} of={g} onRemove={() => remove(g)} />)}</tbody>
            </table></div>
          </>
        : null}
      {open === 'allow' ? <AllowDialog {...t} done={done} onClose={close} /> : null}
      {open === 'replace' ? <ReplaceDialog {...t} done={done} onClose={close} /> : null}
    </div>
  );
}
