// SPDX-License-Identifier: Apache-2.0
// The agents of the server: how each stands, what it executes, letting one come, drain and go. For administrators of the
// server; whoever is none does not get here by the navigation, and the server says no in any case.
import { useEffect, useState } from 'preact/hooks';
import { agentsPath, stateWord, tagsIn, type Agent } from '../api/agents';
import { send } from '../api/http';
import { projectPage } from '../app/addresses';
import { notify } from '../app/announce';
import { useLoad } from '../app/load';
import type { PageProps } from '../app/routes';
import { useAttempt, Wrong } from '../parts/attempt';
import { Button } from '../parts/button';
import { askSure, confirmed } from '../parts/confirm';
import { Dialog } from '../parts/dialog';
import { SelectField, TextField } from '../parts/field';
import { ShownOnce } from '../parts/once';
import { Page } from '../parts/page';
import { Empty, Notice, Problem, Waiting } from '../parts/states';
import { Name, plain, plural } from '../parts/text';
import { Ago } from '../parts/time';

const between = 5000;
const ends = [{ value: '3600', label: '1 hour' }, { value: '86400', label: '1 day' }, { value: '604800', label: '7 days' }];
const toneOf = (a: Agent) => (a.state === 'online' ? (a.busy > 0 ? 'run' : 'good') : a.state === 'draining' ? 'wait' : 'idle');

function Add({ onClose, done }: { onClose: () => void; done: (token: string) => void }) {
  const [name, setName] = useState('');
  const [pool, setPool] = useState('default');
  const [tags, setTags] = useState('');
  const [expires, setExpires] = useState('3600');
  const attempt = useAttempt();
  const add = () => attempt.run(async () => {
    const made = await confirmed(() => send<{ token: string }>('POST', `${agentsPath}/registrations`,
      { ...(name.trim() === '' ? {} : { name: name.trim() }), pool: pool.trim() || 'default', tags: tagsIn(tags), expires: Number(expires) }));
    if (made !== undefined) done(made.token);
  });
  return (
    <Dialog title="Let an agent come" onClose={onClose}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <p>You get a token. It is good once: with it a machine makes itself known to this server.</p>
        <TextField label={<>Name<span class="dim"> (optional)</span></>} maxLength={100} spellcheck={false} value={name} onChange={setName} hint="Letters, digits, -, _ and . The machine’s own where you leave it empty." />
        <TextField label="Pool" maxLength={100} spellcheck={false} value={pool} onChange={setPool} hint="Pipelines choose agents by their pool and their tags." />
        <TextField label={<>Tags<span class="dim"> (optional)</span></>} spellcheck={false} placeholder="gpu, fast" value={tags} onChange={setTags} />
        <SelectField label="The token is good for" value={expires} onChange={setExpires} choices={ends} />
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button type="submit" kind="primary">Make the token</Button></div>
      </form>
    </Dialog>
  );
}

function Running({ of, workspace }: { of: Agent; workspace: string }) {
  if (of.running.length === 0) return <span class="dim">{of.state === 'offline' ? '' : 'Nothing'}</span>;
  return (
    <ul class="stack tight">
      {of.running.map((r, i) => (
        <li key={i}>
          <Name text={r.pipeline} /> #{r.execution}
          <span class="dim small">{r.action ? <> <Name text={r.action} /></> : null}{r.project ? <> in <a class="inline" href={projectPage(workspace, r.project)}>{plain(r.project, 40)}</a></> : null}</span>
        </li>
      ))}
    </ul>
  );
}

function Row({ of, workspace, drain, remove }: { of: Agent; workspace: string; drain: () => void; remove: () => void }) {
  const name = plain(of.name, 60);
  return (
    <tr>
      <td class="lead"><Name text={of.name} class="strong" />
        <div class="dim small">pool {plain(of.pool, 40)}{of.version !== '' ? `, version ${plain(of.version, 30)}` : ''}</div>
        {of.tags.length > 0 ? <div class="row small">{of.tags.slice(0, 12).map((t) => <code class="chip" key={t}>{plain(t, 40)}</code>)}</div> : null}</td>
      <td class="fit"><span class={`status tone-${toneOf(of)}`}>{stateWord(of)}</span>
        <div class="dim small">{of.state === 'offline' ? (of.last_seen ? <>seen <Ago at={of.last_seen} /></> : 'never seen') : `${of.busy} of ${of.capacity}`}</div></td>
      <td><Running of={of} workspace={workspace} /></td>
      <td class="fit"><span class="row">
        <Button label={of.state === 'draining' ? `Let it work again: ${name}` : `Drain ${name}`} onClick={drain}>{of.state === 'draining' ? 'Let it work again' : 'Drain'}</Button>
        <Button label={`Remove ${name}`} onClick={remove}>Remove</Button>
      </span></td>
    </tr>
  );
}

export default function Agents({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const { data, error, reload } = useLoad<{ agents: Agent[] }>(agentsPath);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const attempt = useAttempt();
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') void reload(); }, between);
    return () => clearInterval(timer);
  }, [reload]);
  const drain = async (of: Agent) => {
    const draining = of.state !== 'draining';
    if (await attempt.run(() => send('POST', `${agentsPath}/${of.id}/drain`, { draining })))
      notify(draining ? `${plain(of.name, 60)} takes no more work. What it executes goes on to its end.` : `${plain(of.name, 60)} takes work again.`);
    await reload();
  };
  const remove = async (of: Agent) => {
    const lost = of.running.length > 0 ? ` What it executes now is lost: ${plural(of.running.length, 'action')}.` : '';
    if (!await askSure(`Remove ${plain(of.name, 60)}?`, `It can do nothing on this server any more, and needs a new token to come back.${lost}`, 'Remove it')) return;
    if (await attempt.run(() => send('DELETE', `${agentsPath}/${of.id}`))) notify(`${plain(of.name, 60)} was removed.`);
    await reload();
  };
  const list = data?.agents ?? [];
  const add = <Button kind="primary" onClick={() => setAdding(true)}>Let an agent come</Button>;
  if (error?.status === 403) return <Page title="Agents"><Notice icon="lock">Agents are for administrators of the server.</Notice></Page>;
  if (error?.notThere) return <Page title="Agents"><Notice icon="info">This server executes all runs itself. Start it with <code>--agents yes</code> to let other machines do so.</Notice></Page>;
  return (
    <Page title="Agents" actions={list.length > 0 ? add : undefined}>
      <Wrong of={attempt} />
      {error && !data ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data && list.length === 0
        ? <Empty icon="agent" title="No agents yet" actions={add}>An agent is another machine that executes runs for this server. It asks the server for work; no port is open on it.</Empty> : null}
      {list.length > 0
        ? <div class="card"><table class="list folds">
            <thead><tr><th scope="col">Agent</th><th scope="col">Stands</th><th scope="col">Executes</th><th scope="col"><span class="hidden-but-read">What you can do</span></th></tr></thead>
            <tbody>{list.map((a) => <Row key={a.id} of={a} workspace={workspace} drain={() => void drain(a)} remove={() => void remove(a)} />)}</tbody>
          </table></div>
        : null}
      {adding ? <Add onClose={() => setAdding(false)} done={(token) => { setAdding(false); setMade(token); }} /> : null}
      {made !== null
        ? <ShownOnce title="Start the agent" label="The token" value={made} onClose={() => setMade(null)}>
            <p>Put the token into a file on that machine, and start it there:</p>
            <pre class="report"><code>latchkey agent --server {location.origin} --token-file registration --data /var/lib/latchkey-agent</code></pre>
          </ShownOnce>
        : null}
    </Page>
  );
}
