// SPDX-License-Identifier: Apache-2.0
// Who may do what with a pipeline. The project's role counts, unless a row here says otherwise.
import { useState } from 'preact/hooks';
import { ApiError, all } from '../../api/http';
import { workspaceAt, type Place } from '../../api/paths';
import { editPipeline, type Pipeline, type PipelineLevel, type PipelineRights } from '../../api/pipelines';
import { nameOf } from '../../api/runs';
import type { Person } from '../../api/types';
import { notify } from '../../app/announce';
import { useLoad, type Loaded } from '../../app/load';
import { Button } from '../../parts/button';
import { Select } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { Notice } from '../../parts/states';
import { Name, plain } from '../../parts/text';

const levels: { value: PipelineLevel; label: string }[] = [
  { value: 'DEFAULT', label: 'As their role in the project' },
  { value: 'DENIED', label: 'None: can’t see it' },
  { value: 'READ_ONLY', label: 'Read: sees it and its runs' },
  { value: 'RUN_ONLY', label: 'Run: starts, cancels, approves' },
  { value: 'READ_WRITE', label: 'Manage: changes it, too' },
];

type Kind = 'users' | 'groups';

export function PermissionsTab({ at, loaded, pipeline }: { at: Place; loaded: Loaded<Pipeline>; pipeline: Pipeline }) {
  const path = workspaceAt(at.workspace);
  const members = useLoad<Person[]>(`${path}/members`, (signal) => all<Person>(`${path}/members`, 'members', signal));
  const groups = useLoad<Person[]>(`${path}/groups`, (signal) => all<Person>(`${path}/groups`, 'groups', signal));
  const [busy, setBusy] = useState(false);
  const rights = pipeline.permissions;
  if (!rights) return <Notice icon="info">What may be done with this pipeline is not shown to you.</Notice>;
  const off = pipeline.may?.manage === false;
  const known = { users: members.data ?? [], groups: groups.data ?? [] };
  const save = async (next: PipelineRights) => {
    if (busy) return;
    setBusy(true);
    try {
      const { body } = await editPipeline(at, pipeline.id, { permissions: next }, loaded.etag);
      loaded.put(body);
      await loaded.reload();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(error.message, 'bad');
      await loaded.reload();
    }
    setBusy(false);
  };
  const put = (kind: Kind, id: number, level: PipelineLevel | null) =>
    save({ ...rights, [kind]: [...rights[kind].filter((r) => r.id !== id), ...(level === null ? [] : [{ id, access_level: level }])] });
  const rows = (kind: Kind) => rights[kind].map((r) => {
    const who = known[kind].find((k) => k.id === r.id);
    const name = who ? nameOf(who) : `${kind === 'users' ? 'user' : 'group'} ${r.id}`;
    return (
      <tr key={`${kind}${r.id}`}>
        <td class="lead"><Icon name="people" /> <Name text={name} /> {kind === 'groups' ? <span class="dim small">group</span> : null}</td>
        <td><Select aria-label={`Level of ${plain(name, 60)}`} disabled={off || busy} value={r.access_level} onChange={(v) => void put(kind, r.id, v as PipelineLevel)} choices={levels} /></td>
        <td class="fit"><Button kind="quiet" class="icon-only" off={off ? 'You may not change this.' : null} label={`Remove the row of ${plain(name, 60)}`} onClick={() => put(kind, r.id, null)}><Icon name="close" /></Button></td>
      </tr>
    );
  });
  const free = (['users', 'groups'] as const).flatMap((kind) => known[kind].filter((k) => !rights[kind].some((r) => r.id === k.id))
    .map((k) => ({ value: `${kind} ${k.id}`, label: `${plain(nameOf(k), 60)}${kind === 'groups' ? ' (group)' : ''}` })));
  return (
    <div class="stack">
      <p class="dim">Owners and administrators of the workspace may do everything. For others the first that applies counts: their own row, the highest row of their groups, then everybody else’s.</p>
      <div class="card">
        <table class="list folds">
          <thead><tr><th scope="col">Who</th><th scope="col">Level</th><th scope="col"><span class="hidden-but-read">Remove</span></th></tr></thead>
          <tbody>
            {rows('users')}
            {rows('groups')}
            <tr><td class="lead"><Icon name="people" /> Everybody else</td>
              <td><Select aria-label="Level of everybody else" disabled={off || busy} value={rights.others} onChange={(v) => void save({ ...rights, others: v as PipelineLevel })} choices={levels} /></td><td class="fit" /></tr>
          </tbody>
        </table>
      </div>
      {!off && free.length > 0
        ? <div class="filters"><Select aria-label="Give somebody a row of their own" value="" onChange={(v) => {
            const [kind, id] = v.split(' ');
            if (kind === 'users' || kind === 'groups') void put(kind, Number(id), 'RUN_ONLY');
          }} choices={[{ value: '', label: 'Add somebody…' }, ...free]} /></div>
        : null}
    </div>
  );
}
