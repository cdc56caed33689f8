// SPDX-License-Identifier: Apache-2.0
// Who has which role in a project, people and groups.
import { useState } from 'preact/hooks';
import type { ProjectRole } from '../../api/access';
import { all, send } from '../../api/http';
import { projectAt } from '../../api/paths';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useGroups, useMembers, useRoles } from '../../app/me';
import { useProjects } from '../../app/places';
import { setQuery } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { Field, Select, SelectField } from '../../parts/field';
import { Empty, Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import { PeopleFrame } from './frame';
import './people.css';
import '../integration/integration.css';

type Kind = 'members' | 'groups';
const called = (of: { name: string; email?: string | null }) => plain(of.name || of.email || '', 60);

function Project({ workspace, project }: { workspace: string; project: string }) {
  const path = projectAt({ workspace, project });
  const members = useLoad<ProjectRole[]>(`${path}/members?all`, (signal) => all<ProjectRole>(`${path}/members`, 'members', signal));
  const groups = useLoad<ProjectRole[]>(`${path}/groups?all`, (signal) => all<ProjectRole>(`${path}/groups`, 'groups', signal));
  const everybody = useMembers(workspace).data ?? [];
  const everyGroup = useGroups(workspace).data ?? [];
  const roles = useRoles(workspace).data ?? [];
  const [who, setWho] = useState('');
  const [role, setRole] = useState('');
  const attempt = useAttempt();
  const choices = roles.map((r) => ({ value: String(r.id), label: plain(r.name, 60) }));
  const change = async (what: () => Promise<unknown>) => {
    if (await attempt.run(what)) notify('Saved.', 'good');
    await Promise.all([members.reload(), groups.reload()]);
  };
  const rows = [...(groups.data ?? []).map((of) => ({ kind: 'groups' as Kind, of })), ...(members.data ?? []).map((of) => ({ kind: 'members' as Kind, of }))];
  const has = (kind: Kind, id: number) => rows.some((r) => r.kind === kind && r.of.id === id);
  const add = async () => {
    const [kind, id] = who.split(':');
    await change(() => send('POST', `${path}/${kind}`, { id: Number(id), permission_set: { id: Number(role || roles[0]?.id) } }));
    setWho('');
  };
  const error = members.error ?? groups.error;
  return (
    <div class="stack">
      {error ? <Problem error={error} again={members.reload} /> : null}
      {!members.data && !error ? <Waiting /> : null}
      <Wrong of={attempt} />
      {members.data && rows.length === 0 ? <p class="dim">Nobody has a role here but the workspace’s owner and administrators.</p> : null}
      {rows.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Who</th><th scope="col">Role</th><th scope="col"><span class="hidden-but-read">Remove</span></th></tr></thead>
            <tbody>{rows.map(({ kind, of }) => (
              <tr key={`${kind}${of.id}`}>
                <td class="lead"><Name text={of.name || of.email || ''} class="strong" /><div class="dim small">{kind === 'groups' ? 'Group' : 'Person'}</div></td>
                <td class="fit"><Select aria-label={`Role of ${called(of)}`} value={String(of.permission_set.id)} choices={choices}
                  onChange={(id) => { void change(() => send('PATCH', `${path}/${kind}/${of.id}`, { permission_set: { id: Number(id) } })); }} /></td>
                <td class="fit"><Button label={`Take the role of ${called(of)} away`} onClick={() => change(() => send('DELETE', `${path}/${kind}/${of.id}`))}>Take away</Button></td>
              </tr>
            ))}</tbody>
          </table></div>
        : null}
      <form class="card padded add-row" onSubmit={(event) => { event.preventDefault(); if (who !== '') void add(); }}>
        <Field label="Person or group">
          {(tie) => (
            <select {...tie} value={who} onChange={(event) => setWho(event.currentTarget.value)}>
              <option value="">Choose</option>
              <optgroup label="Groups">{everyGroup.filter((g) => !has('groups', g.id)).map((g) => <option key={g.id} value={`groups:${g.id}`}>{plain(g.name, 60)}</option>)}</optgroup>
              <optgroup label="People">{everybody.filter((m) => !has('members', m.id)).map((m) => <option key={m.id} value={`members:${m.id}`}>{called(m)}</option>)}</optgroup>
            </select>
          )}
        </Field>
        <SelectField label="Role" value={role || String(roles[0]?.id ?? '')} onChange={setRole} choices={choices} />
        <Button type="submit" off={who === '' ? 'Choose a person or a group first.' : null}>Give the role</Button>
      </form>
    </div>
  );
}

export default function ProjectRoles({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const projects = useProjects(workspace);
  const list = projects.data ?? [];
  const project = query.get('project') ?? list[0]?.name ?? '';
  return (
    <PeopleFrame workspace={workspace} tab="people/projects">
      {projects.error ? <Problem error={projects.error} again={projects.reload} /> : null}
      {projects.data?.length === 0 ? <Empty icon="project" title="No projects yet">Roles are given in a project.</Empty> : null}
      {list.length > 0
        ? <>
            <div class="filters"><Select aria-label="Project" value={project} onChange={(v) => setQuery({ project: v })} choices={list.map((p) => ({ value: p.name, label: plain(p.display_name, 60) }))} /></div>
            <Project key={project} workspace={workspace} project={project} />
          </>
        : null}
    </PeopleFrame>
  );
}
