// SPDX-License-Identifier: Apache-2.0
import './runs.css';
import { nameOf, refOf, type Ref, type RunRow } from '../../api/runs';
import { runPage } from '../../app/addresses';
import { Icon } from '../../parts/icon';
import { StatusBadge, ended } from '../../parts/status';
import { Name } from '../../parts/text';
import { Ago, Took } from '../../parts/time';
import type { Scope } from './list';

export function RefName({ of, full = false }: { of: Ref | null; full?: boolean }) {
  if (of === null) return null;
  return <span class="ref" title={of.full}><Icon name={of.type === 'tag' ? 'tag' : 'branch'} /><Name text={full ? of.full : of.name} /></span>;
}

const commitOf = (run: RunRow) => run.commit?.id ?? run.to_revision?.revision ?? '';

export function Commit({ id }: { id: string }) {
  return id === '' ? null : <code class="dim" title={id}>{id.slice(0, 7)}</code>;
}

export function RunsTable({ rows, scope }: { rows: RunRow[]; scope: Scope }) {
  return (
    <div class="card">
      <table class="list folds runs">
        <thead>
          <tr><th scope="col">Run</th><th scope="col">Status</th><th scope="col">Ref</th><th scope="col">By</th><th scope="col">When</th><th scope="col" class="number">Took</th></tr>
        </thead>
        <tbody>
          {rows.map((run) => {
            const project = run.project?.name ?? scope.project ?? '';
            const subject = run.commit?.subject || run.comment || '';
            const over = ended(run.status);
            return (
              <tr key={`${project}/${run.id}`}>
                <td class="lead">
                  <a class="run-link" href={runPage(scope.workspace, project, run.id)}>
                    <Name text={run.pipeline.name} /> <span class="nowrap">#{run.id}</span>
                  </a>
                  {scope.project === undefined && run.project ? <span class="dim small"> in <Name text={run.project.display_name} /></span> : null}
                  {subject !== '' ? <div class="dim small subject"><Name text={subject} /></div> : null}
                </td>
                <td class="fit"><StatusBadge status={run.status} words={run.reason === 'MISSING_PERMISSIONS' && run.status === 'FAILED' ? 'Missing permissions' : undefined} /></td>
                <td class="small ref-cell"><RefName of={refOf(run)} /> <Commit id={commitOf(run)} /></td>
                <td class="small who-cell"><Name text={nameOf(run.actor ?? run.creator) || 'a trigger'} /></td>
                <td class="fit small dim"><Ago at={run.create_date} /></td>
                <td class="fit small dim number"><Took from={run.start_date} to={over ? run.finish_date : null} /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

