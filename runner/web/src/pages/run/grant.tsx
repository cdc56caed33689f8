// SPDX-License-Identifier: Apache-2.0
// The dialog of "Grant and retry". It names exactly what will be allowed; as it opens it is the usual: this pipeline, on
// any ref, without an end.
import { useMemo, useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { grantAndRetry, refOf, type GrantTerms, type Missing, type Run } from '../../api/runs';
import { Button } from '../../parts/button';
import { confirmed } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Check, SelectField, TextField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { useTitles } from '../../parts/integration_types';
import { plain } from '../../parts/text';

const hour = 3600;
const ends = [
  { value: '', label: 'No end' },
  { value: String(hour), label: 'For 1 hour' },
  { value: String(8 * hour), label: 'For 8 hours' },
  { value: String(24 * hour), label: 'For a day' },
  { value: String(7 * 24 * hour), label: 'For 7 days' },
  { value: String(30 * 24 * hour), label: 'For 30 days' },
  { value: String(365 * 24 * hour), label: 'For a year' },
];

interface Wish { refs: 'any' | 'this' | 'pattern'; pattern: string; seconds: string; once: boolean }

// What the dialog says it will do, in one sentence.
export function sentenceOf(pipeline: string, names: string[], wish: Wish, ref: string | null, run: number): string {
  const what = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const where = wish.refs === 'any' ? 'on any ref' : wish.refs === 'this' ? `on ${ref} only` : `on refs like ${wish.pattern || '…'}`;
  const until = wish.once ? `in run #${run} only` : wish.seconds === '' ? 'without an end'
    : (ends.find((e) => e.value === wish.seconds)?.label ?? '').replace(/^F/, 'f');
  return `Pipeline ${pipeline} may use ${what}, ${where}, ${until}.`;
}

export function termsOf(wish: Wish, ref: string | null): GrantTerms {
  const terms: GrantTerms = {};
  const pattern = wish.refs === 'this' ? ref : wish.refs === 'pattern' ? wish.pattern.trim() : null;
  if (pattern) terms.ref = pattern;
  if (wish.seconds !== '') terms.expires_in = Number(wish.seconds);
  if (wish.once) terms.once = true;
  return terms;
}

interface GrantProps {
  at: Place;
  run: Run;
  missing: Missing[];
  verb: string;
  onClose: () => void;
  onGranted: (after: Run & { attempt: number }) => void;
  onChanged: () => void;
}

export function GrantDialog({ at, run, missing, verb, onClose, onGranted, onChanged }: GrantProps) {
  const ref = refOf(run);
  const titleOf = useTitles();
  const [wish, setWish] = useState<Wish>({ refs: 'any', pattern: ref?.full ?? 'refs/heads/', seconds: '', once: false });
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // One dialog, one grant: however often it is clicked or sent again after a lost connection.
  const key = useMemo(() => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, []);
  const change = (part: Partial<Wish>) => setWish({ ...wish, ...part });
  const names = missing.map((m) => plain(m.name ?? m.integration ?? '', 80));
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setWrong(null);
    try {
      const identifiers = missing.map((m) => m.identifier ?? '').filter((text) => text !== '');
      const terms = termsOf(wish, ref?.full ?? null);
      if (identifiers.length === missing.length) terms.integrations = identifiers;
      const after = await confirmed(() => grantAndRetry(at, run.pipeline.id, run.id, terms, key));
      if (after) return onGranted(after);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
      // Somebody else was faster, or took the right away: what is shown behind this is looked at again.
      onChanged();
    }
    setBusy(false);
  };
  return (
    <Dialog title={verb} onClose={onClose} busy={busy}>
      <form class="stack" onSubmit={send}>
        <p>Pipeline <bdi class="strong">{plain(run.pipeline.name, 120)}</bdi> in <bdi>{plain(at.project, 60)}</bdi> will be allowed to use</p>
        <ul class="grant-list">
          {missing.map((m, i) => (
            <li key={i} class="row"><Icon name="key" /><bdi class="strong">{names[i]}</bdi>{m.identifier ? <code class="chip">{plain(m.identifier, 60)}</code> : null}{m.type ? <span class="dim small">{plain(titleOf(m.type), 40)}</span> : null}</li>
          ))}
        </ul>
        <div class="pair">
          <SelectField label="On" value={wish.refs} onChange={(v) => change({ refs: v as Wish['refs'] })}
            choices={[{ value: 'any', label: 'Any branch or tag' }, ...(ref ? [{ value: 'this', label: `Only ${plain(ref.name, 40)}` }] : []), { value: 'pattern', label: 'Refs like…' }]} />
          <SelectField label="Until" value={wish.seconds} onChange={(v) => change({ seconds: v })} choices={ends} />
        </div>
        {wish.refs === 'pattern'
          ? <TextField label="Refs like" required spellcheck={false} value={wish.pattern} onChange={(v) => change({ pattern: v })} hint="The whole name; * stands for anything: refs/heads/release/*" />
          : null}
        <Check label="This run only" checked={wish.once} onChange={(once) => change({ once })} hint={`Other runs of this pipeline are denied as before; retries of #${run.id} are not.`} />
        <p class="sentence" aria-live="polite"><bdi>{sentenceOf(plain(run.pipeline.name, 80), names, wish, ref?.full ?? null, run.id)}</bdi> Then #{run.id} {verb.endsWith('retry') ? 'is retried with the same commit and the same file' : 'goes on'}.</p>
        {wrong !== null ? <p class="wrong-line" role="alert">{wrong}</p> : null}
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button kind="primary" type="submit" busy={busy}>{busy ? 'Granting…' : verb}</Button></div>
      </form>
    </Dialog>
  );
}
