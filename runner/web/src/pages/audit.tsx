// SPDX-License-Identifier: Apache-2.0
// The audit log of a workspace: what was decided and done, whether the chain is whole, and all of it to take away.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { AuditEntry } from '../api/access';
import { get } from '../api/http';
import { own, withQuery, workspaceAt } from '../api/paths';
import { announce } from '../app/announce';
import { useMembers, useNotAdministrator } from '../app/me';
import { useProjects } from '../app/places';
import { setQuery } from '../app/router';
import type { PageProps } from '../app/routes';
import { useAttempt, Wrong } from '../parts/attempt';
import { auditKinds, Entries, kindWord } from '../parts/audit_entries';
import { Button } from '../parts/button';
import { Select } from '../parts/field';
import { nextOf, OlderButton, useOlder } from '../parts/older';
import { Page } from '../parts/page';
import { Empty, Notice, Problem, Waiting } from '../parts/states';
import { plain, plural } from '../parts/text';
import './integration/integration.css';
import { useIntegrations } from './integrations';

interface Verified { whole: boolean; verified: number; first_broken: number | null; entries: number; head: string }

const size = 200;

// A day as the reader's clock has it; `after`: the beginning of the one after it.
function momentOf(day: string, after = 0): string {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number];
  const at = new Date(y, m - 1, d + after);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().replace(/\.\d+Z$/, 'Z');
}

// Asked of the server, over all entries; it is all in the address.
export const searchOf = (query: URLSearchParams) => ({
  kind: query.get('kind'), actor: query.get('actor'), integration: query.get('integration'), project: query.get('project'), q: query.get('q'),
  since: query.get('from') ? momentOf(query.get('from') ?? '') : null, until: query.get('to') ? momentOf(query.get('to') ?? '', 1) : null,
});

// What is typed is asked for once it rests.
function Words({ value }: { value: string }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => setQuery({ q: typed }, 'replace'), 350);
    return () => clearTimeout(timer);
  }, [typed]);
  return <input type="search" aria-label="Words" placeholder="Words" data-search value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />;
}

function Filters({ workspace, query }: { workspace: string; query: URLSearchParams }) {
  const people = useMembers(workspace).data ?? [];
  const projects = useProjects(workspace).data ?? [];
  const integrations = useIntegrations(workspace).data ?? [];
  const value = (name: string) => query.get(name) ?? '';
  const pick = (name: string) => (v: string) => setQuery({ [name]: v });
  const some = ['kind', 'actor', 'integration', 'project', 'q', 'from', 'to'];
  return (
    <div class="filters" role="search">
      <Select aria-label="Kind" value={value('kind')} onChange={pick('kind')}
        choices={[{ value: '', label: 'Everything' }, ...auditKinds.map((k) => ({ value: k, label: kindWord(k) }))]} />
      <Select aria-label="Person" value={value('actor')} onChange={pick('actor')}
        choices={[{ value: '', label: 'By anybody' }, ...people.map((p) => ({ value: String(p.id), label: plain(p.name || p.email || '', 40) }))]} />
      <Select aria-label="Integration" value={value('integration')} onChange={pick('integration')}
        choices={[{ value: '', label: 'Any integration' }, ...integrations.map((i) => ({ value: i.hash_id, label: plain(i.name, 40) }))]} />
      <Select aria-label="Project" value={value('project')} onChange={pick('project')}
        choices={[{ value: '', label: 'Any project' }, ...projects.map((p) => ({ value: p.name, label: plain(p.display_name, 40) }))]} />
      <Words value={value('q')} />
      <label class="day"><span>From</span><input type="date" value={value('from')} max={value('to') || undefined} onChange={(event) => pick('from')(event.currentTarget.value)} /></label>
      <label class="day"><span>to</span><input type="date" value={value('to')} min={value('from') || undefined} onChange={(event) => pick('to')(event.currentTarget.value)} /></label>
      {some.some((name) => value(name) !== '')
        ? <Button kind="quiet" onClick={() => setQuery(Object.fromEntries(some.map((name) => [name, null])))}>Clear</Button> : null}
    </div>
  );
}

// All of it, oldest last, a line an entry.
async function everything(path: string, each: (n: number) => void): Promise<string[]> {
  const lines: string[] = [];
  let next: string | null = null;
  do {
    const part: AuditEntry[] = (await get<{ entries: AuditEntry[] }>(withQuery(path, { limit: 1000, before: next }))).entries;
    for (const e of part) lines.push(`${JSON.stringify(e)}\n`);
    each(lines.length);
    next = part.length < 1000 ? null : String(part.at(-1)?.sequence ?? '');
  } while (next !== null);
  return lines;
}

function save(name: string, lines: string[]): void {
  const address = URL.createObjectURL(new Blob(lines, { type: 'application/jsonl' }));
  const a = document.createElement('a');
  a.href = address;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function Chain({ of }: { of: Verified }) {
  return (
    <Notice tone={of.whole ? 'good' : 'bad'} icon={of.whole ? 'check' : 'warning'}>
      <div class="stack tight" role="status">
        <p class="strong">{of.whole ? `The chain is whole: ${plural(of.verified, 'entry', 'entries')}.` : of.first_broken === null ? 'The end of the log is not what it was.' : `The chain is broken at entry ${of.first_broken}.`}</p>
        {of.whole ? <p class="small dim">Its head, to compare with later: <code class="chip">{of.head}</code></p>
          : <p>Somebody changed the log outside Latchkey. Compare it with an export or a backup.</p>}
      </div>
    </Notice>
  );
}

export default function Audit({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const path = own(`${workspaceAt(workspace)}/audit`);
  const wish = searchOf(query);
  const all = Object.values(wish).every((v) => v === null || v === '');
  const list = useOlder<AuditEntry>(withQuery(path, wish), 'entries', size, nextOf);
  // Once it is there it stays, whatever is asked for next: somebody may be typing in it.
  const begun = useRef(false);
  begun.current ||= !all || (list.items?.length ?? 0) > 0;
  const [chain, setChain] = useState<Verified | null>(null);
  const [count, setCount] = useState<number | null>(null);
  const attempt = useAttempt();
  const off = useNotAdministrator(workspace);
  const verify = async () => { await attempt.run(async () => setChain(await get<Verified>(`${path}/verify`))); };
  const exportAll = async () => {
    await attempt.run(async () => save(`latchkey-audit-${workspace}.jsonl`, await everything(path, setCount)));
    announce('The export is ready.');
    setCount(null);
  };
  if (list.error?.status === 403 || off !== null)
    return <Page title="Audit"><Notice icon="lock">The audit log is for administrators of the workspace.</Notice></Page>;
  return (
    <Page title="Audit" actions={<>
      <Button onClick={verify}>Verify the chain</Button>
      <Button onClick={exportAll}>{count === null ? 'Export' : `Export: ${count.toLocaleString('en')}`}</Button>
    </>}>
      <Wrong of={attempt} />
      {chain ? <Chain of={chain} /> : null}
      {list.error && !list.items ? <Problem error={list.error} again={list.reload} /> : null}
      {!list.items && !list.error ? <Waiting /> : null}
      {list.items?.length === 0 && all && !list.more ? <Empty icon="audit" title="Nothing is written yet">Every decision, grant, use, change and sign-in stands here.</Empty> : null}
      {begun.current ? <Filters workspace={workspace} query={query} /> : null}
      {list.items && (list.items.length > 0 || !all || list.more)
        ? <>
            <p class="dim small" role="status">{list.items.length === 0 ? 'No entry fits.' : `${plural(list.items.length, 'entry', 'entries')}${list.more ? ', the newest' : ''}`}</p>
            {list.items.length > 0 ? <Entries of={list.items} workspace={workspace} /> : null}
            <OlderButton of={list} words={all ? 'Older' : 'Look further back'} />
          </>
        : null}
    </Page>
  );
}
