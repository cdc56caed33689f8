// SPDX-License-Identifier: Apache-2.0
// Who may do what with an integration: rows, changed as a whole and saved once, and what everybody ends up with.
import { useEffect, useState } from 'preact/hooks';
import type { Effective, Level as LevelName, Permissions, Person, Row } from '../../api/access';
import { all, send } from '../../api/http';
import { integrationAt, own } from '../../api/paths';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useGroups, useMembers, useMyId } from '../../app/me';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { confirmed } from '../../parts/confirm';
import { Field, SelectField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { adminLevels, Level, levelMeans, LevelSelect, levels, levelWord, throughWords } from '../../parts/level';
import { Problem, Waiting } from '../../parts/states';
import { Name, plain } from '../../parts/text';
import type { TabProps } from './tab';

type Kind = 'users' | 'groups';

const called = (known: Person[], id: number, otherwise: string) => {
  const found = known.find((k) => k.id === id);
  return found?.name || found?.email || otherwise;
};

function RowLine({ who, kind, level, onChange, onRemove, among = levels, off }:
  { who: string; kind: string; level: LevelName; onChange: (level: LevelName) => void; onRemove?: () => void; among?: readonly LevelName[]; off: string | null }) {
  return (
    <tr>
      <td class="lead"><Name text={who} class="strong" /><div class="dim small">{kind}</div></td>
      <td class="fit">{off === null ? <LevelSelect value={level} onChange={onChange} among={among} of={plain(who, 60)} /> : <Level level={level} />}</td>
      <td class="means">{levelMeans(level)}</td>
      <td class="fit">{onRemove && off === null
        ? <Button kind="quiet" class="icon-only" label={`Remove the row of ${plain(who, 60)}`} title="Remove this row" onClick={onRemove}><Icon name="close" /></Button> : null}</td>
    </tr>
  );
}

function AddRow({ members, groups, draft, onAdd }:
  { members: Person[]; groups: Person[]; draft: Permissions; onAdd: (kind: Kind, row: Row) => void }) {
  const [who, setWho] = useState('');
  const [level, setLevel] = useState<LevelName>('USE_ONLY');
  const freeUsers = members.filter((m) => !draft.users.some((r) => r.id === m.id));
  const freeGroups = groups.filter((g) => !draft.groups.some((r) => r.id === g.id));
  const add = () => {
    const [kind, id] = who.split(':');
    if (!id) return;
    onAdd(kind as Kind, { id: Number(id), access_level: level });
    setWho('');
  };
  return (
    <form class="add-row" onSubmit={(event) => { event.preventDefault(); add(); }}>
      <Field label="Person or group">
        {(tie) => (
          <select {...tie} value={who} onChange={(event) => setWho(event.currentTarget.value)}>
            <option value="">Choose</option>
            {freeGroups.length > 0 ? <optgroup label="Groups">{freeGroups.map((g) => <option key={g.id} value={`groups:${g.id}`}>{plain(g.name, 60)}</option>)}</optgroup> : null}
            {freeUsers.length > 0 ? <optgroup label="People">{freeUsers.map((m) => <option key={m.id} value={`users:${m.id}`}>{plain(m.name || m.email || '', 60)}</option>)}</optgroup> : null}
          </select>
        )}
      </Field>
      <SelectField label="Level" value={level} onChange={(v) => setLevel(v as LevelName)} choices={levels.map((l) => ({ value: l, label: levelWord(l) }))} />
      <Button type="submit" off={who === '' ? 'Choose a person or a group first.' : null}>Add row</Button>
    </form>
  );
}

function EffectiveList({ workspace, of }: TabProps) {
  const path = own(`${integrationAt(workspace, of.hash_id)}/effective`);
  const loaded = useLoad<Effective[]>(`${path}?all`, (signal) => all<Effective>(path, 'users', signal));
  // The rows may just have been saved.
  useEffect(() => { void loaded.reload(); }, [JSON.stringify(of.permissions)]);
  if (loaded.error) return <Problem error={loaded.error} again={loaded.reload} />;
  if (!loaded.data) return <Waiting />;
  return (
    <div class="card"><table class="list folds">
      <thead><tr><th scope="col">Person</th><th scope="col">Ends up with</th><th scope="col">Through</th></tr></thead>
      <tbody>
        {loaded.data.map((e) => (
          <tr key={e.user.id}>
            <td class="lead"><Name text={e.user.name || e.user.email || ''} />{e.role === 'member' ? null : <span class="dim small"> {e.role}</span>}</td>
            <td class="fit"><Level level={e.level} /></td>
            <td>{throughWords(e.through)}</td>
          </tr>
        ))}
      </tbody>
    </table></div>
  );
}

export function PermissionsTab(t: TabProps) {
  const members = useMembers(t.workspace).data ?? [];
  const groups = useGroups(t.workspace).data ?? [];
  const me = useMyId();
  const [draft, setDraft] = useState<Permissions>(t.of.permissions);
  const saved = JSON.stringify(t.of.permissions);
  useEffect(() => setDraft(t.of.permissions), [saved]);
  const attempt = useAttempt();
  const changed = JSON.stringify(draft) !== saved;
  const set = (kind: Kind, rows: Row[]) => setDraft({ ...draft, [kind]: rows });
  const change = (kind: Kind, id: number, access_level: LevelName) =>
    set(kind, draft[kind].map((r) => (r.id === id ? { ...r, access_level } : r)));
  const without = (kind: Kind, id: number) => set(kind, draft[kind].filter((r) => r.id !== id));
  const save = async () => {
    await attempt.run(async () => {
      const done = await confirmed(() => send('PATCH', integrationAt(t.workspace, t.of.hash_id), { permissions: draft }, { ifMatch: t.etag }));
      if (done !== undefined) notify('The permissions were saved.', 'good');
    });
    await t.reload();
  };
  return (
    <div class="stack">
      <p class="dim">What people may do with this integration. Which pipelines may use it is a question of its own: see <em>Allowed pipelines</em>.</p>
      {t.off ? <p class="dim">{t.off}</p> : null}
      <div class="card"><table class="list folds level-table">
        <thead><tr><th scope="col">Who</th><th scope="col">Level</th><th scope="col">That means</th><th scope="col"><span class="hidden-but-read">Remove</span></th></tr></thead>
        <tbody>
          <RowLine who="Administrators" kind="Owner and administrators of the workspace" level={draft.admins} among={adminLevels} off={t.off} onChange={(l) => setDraft({ ...draft, admins: l })} />
          {draft.groups.map((r) => <RowLine key={`g${r.id}`} who={called(groups, r.id, 'A group')} kind="Group" level={r.access_level} off={t.off}
            onChange={(l) => change('groups', r.id, l)} onRemove={() => without('groups', r.id)} />)}
          {draft.users.map((r) => <RowLine key={`u${r.id}`} who={called(members, r.id, 'A person')} kind={r.id === me ? 'Person (you)' : 'Person'} level={r.access_level} off={t.off}
            onChange={(l) => change('users', r.id, l)} onRemove={() => without('users', r.id)} />)}
          <RowLine who="Everybody else" kind="Members of the workspace without a row" level={draft.others} off={t.off} onChange={(l) => setDraft({ ...draft, others: l })} />
        </tbody>
      </table></div>
      <p class="small dim">A person’s own row counts exactly; else the highest of their groups; else <em>Everybody else</em>.</p>
      {t.off === null ? <div class="card padded"><AddRow members={members} groups={groups} draft={draft} onAdd={(kind, row) => set(kind, [...draft[kind], row])} /></div> : null}
      <Wrong of={attempt} />
      {changed && t.off === null
        ? <div class="unsaved" role="status"><span>Not saved yet.</span>
            <span class="row"><Button onClick={() => setDraft(t.of.permissions)}>Discard</Button><Button kind="primary" onClick={save}>Save permissions</Button></span></div>
        : null}
      {t.off === null ? <><h2>Who ends up with what</h2><EffectiveList {...t} /></> : null}
    </div>
  );
}
