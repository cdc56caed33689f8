// SPDX-License-Identifier: Apache-2.0
import type { Usage } from '../../api/access';
import { integrationAt, own } from '../../api/paths';
import { pipelinePage, runPage } from '../../app/addresses';
import { nextOf, OlderButton, useOlder } from '../../parts/older';
import { Empty, Problem, Waiting } from '../../parts/states';
import { Name } from '../../parts/text';
import { Ago } from '../../parts/time';
import type { TabProps } from './tab';

const words = (u: Usage) => (u.kind === 'secret_opened' ? 'Credential given to an action' : u.allowed ? 'Allowed' : 'Denied');

export function UsageTab({ workspace, of }: TabProps) {
  const list = useOlder<Usage>(own(`${integrationAt(workspace, of.hash_id)}/usage`), 'usage', 50, nextOf);
  if (list.error && !list.items) return <Problem error={list.error} again={list.reload} />;
  if (!list.items) return <Waiting />;
  if (list.items.length === 0) return <Empty icon="clock" title="Nobody has used it yet">Every run that asks for this integration stands here, whether it was allowed or not.</Empty>;
  return (
    <div class="stack">
      <div class="card"><table class="list folds">
        <thead><tr><th scope="col">What</th><th scope="col">Pipeline</th><th scope="col">Run</th><th scope="col">Who</th><th scope="col">When</th></tr></thead>
        <tbody>
          {list.items.map((u, i) => (
            <tr key={i}>
              <td class="lead"><span class={`status ${u.allowed ? 'tone-good' : 'tone-bad'}`}>{words(u)}</span><div class="dim small"><Name text={u.subject} /></div></td>
              <td>{u.pipeline && u.project ? <a href={pipelinePage(workspace, u.project.name, u.pipeline.id)}><Name text={u.pipeline.name} /></a> : <span class="dim">One that you may not see</span>}</td>
              <td class="fit">{u.execution && u.project ? <a href={runPage(workspace, u.project.name, u.execution.id)}>#{u.execution.id}</a> : null}</td>
              <td>{u.actor ? <Name text={u.actor.name || u.actor.email || ''} /> : <span class="dim">The server</span>}</td>
              <td class="fit"><Ago at={u.date} /></td>
            </tr>
          ))}
        </tbody>
      </table></div>
      <OlderButton of={list} />
    </div>
  );
}
