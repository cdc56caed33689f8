// SPDX-License-Identifier: Apache-2.0
import { all } from '../../api/http';
import { projectAt, type Place } from '../../api/paths';
import { triggerWords, type Pipeline } from '../../api/pipelines';
import { pipelinePage } from '../../app/addresses';
import { useLoad } from '../../app/load';
import { Button } from '../../parts/button';
import { Empty, Problem, Waiting } from '../../parts/states';
import { StatusBadge } from '../../parts/status';
import { Name, plain } from '../../parts/text';

export function usePipelines(at: Place) {
  const path = `${projectAt(at)}/pipelines`;
  return useLoad<Pipeline[]>(path, (signal) => all<Pipeline>(path, 'pipelines', signal));
}

export function PipelineList({ at, onAdd }: { at: Place; onAdd: () => void }) {
  const { data, error, reload } = usePipelines(at);
  if (error) return <Problem error={error} again={reload} />;
  if (!data) return <Waiting />;
  if (data.length === 0)
    return (
      <Empty icon="pipeline" title="Add the first pipeline" actions={<Button kind="primary" onClick={onAdd}>Add a pipeline</Button>}>
        A pipeline is a list of actions in YAML. Write it here, or push a buddy.yml to the project’s repository: its pipelines are then made by themselves.
      </Empty>
    );
  return (
    <div class="card">
      <table class="list folds">
        <thead><tr><th scope="col">Pipeline</th><th scope="col">Last run</th><th scope="col">Runs on</th></tr></thead>
        <tbody>
          {data.map((p) => (
            <tr key={p.id}>
              <td class="lead"><a class="strong" href={pipelinePage(at.workspace, at.project, p.id)}><Name text={p.name} /></a>
                {p.disabled ? <span class="dim small"> disabled</span> : p.paused ? <span class="dim small"> paused</span> : null}</td>
              <td class="fit">{p.last_execution_status === 'INITIAL' ? <span class="dim">never</span> : <StatusBadge status={p.last_execution_status} />}</td>
              <td class="small dim">{p.events.length === 0 ? null : <bdi>{plain(p.events.map(triggerWords).join('; '), 160)}</bdi>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
