// SPDX-License-Identifier: Apache-2.0
// The audit log of a workspace: what was decided and done, whether the chain is whole, and all of it to take away.
import { useState } from 'preact/hooks';
import type { AuditEntry } from '../api/access';
import { get } from '../api/http';
import { own, withQuery, workspaceAt } from '../api/paths';
import { announce } from '../app/announce';
import { useNotAdministrator } from '../app/me';
import { setQuery } from '../app/router';
import type { PageProps } from '../app/routes';
import { useAttempt, Wrong } from '../parts/attempt';
import { auditKinds, Entries, kindWord } from '../parts/audit_entries';
import { Button } from '../parts/button';
import { Select } from '../parts/field';
import { OlderButton, useOlder } from '../parts/older';
import { Page } from '../parts/page';
import { Empty, Notice, Problem, Waiting } from '../parts/states';
import { plural } from '../parts/text';
import './integration/integration.css';

interface Verified { whole: boolean; verified: number; first_broken: number | null; entries: number; head: string }

const size = 200;
const before = (_: unknown, items: AuditEntry[]) => (items.length < size ? null : String(items.at(-1)?.sequence ?? ''));

const wordsOf = (e: AuditEntry) =>
  `${kindWord(e.kind)} ${e.actor?.name ?? ''} ${e.actor?.email ?? ''} ${Object.values(e.facts).join(' ')}`.toLowerCase();

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
  const list = useOlder<AuditEntry>(path, 'entries', size, before);
  const [chain, setChain] = useState<Verified | null>(null);
  const [count, setCount] = useState<number | null>(null);
  const attempt = useAttempt();
  const off = useNotAdministrator(workspace);
  const kind = query.get('kind') ?? '';
  const words = (query.get('q') ?? '').toLowerCase();
  const shown = (list.items ?? []).filter((e) => (kind === '' || e.kind === kind) && (words === '' || wordsOf(e).includes(words)));
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
      {list.items?.length === 0 ? <Empty icon="audit" title="Nothing is written yet">Every decision, grant, use, change and sign-in stands here.</Empty> : null}
      {list.items && list.items.length > 0
        ? <>
            <div class="filters" role="search">
              <Select aria-label="Kind" value={kind} onChange={(v) => setQuery({ kind: v })}
                choices={[{ value: '', label: 'Everything' }, ...auditKinds.map((k) => ({ value: k, label: kindWord(k) }))]} />
              <input type="search" aria-label="Filter by words" placeholder="Filter" data-search value={query.get('q') ?? ''} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
              <span class="dim small" role="status">{kind === '' && words === '' ? `The last ${plural(list.items.length, 'entry', 'entries')}` : `${shown.length.toLocaleString('en')} of the last ${list.items.length.toLocaleString('en')}`}</span>
            </div>
            {shown.length > 0 ? <Entries of={shown} /> : <p class="dim">None of these fits. Look further back, or change the filter.</p>}
            <OlderButton of={list} words={kind === '' && words === '' ? 'Older' : 'Look further back'} />
          </>
        : null}
    </Page>
  );
}
