// SPDX-License-Identifier: Apache-2.0
// From "all pipelines" to a list, without breaking those that use it: the ones that did so lately.
import { useState } from 'preact/hooks';
import type { Preview } from '../../api/access';
import { send } from '../../api/http';
import { integrationAt, own } from '../../api/paths';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { confirmed } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Check, SelectField } from '../../parts/field';
import { Problem, Waiting } from '../../parts/states';
import { plain, plural } from '../../parts/text';
import { Ago } from '../../parts/time';
import type { TabProps } from './tab';

const days = ['7', '30', '90', '365'];

export function ReplaceDialog({ workspace, of, done, onClose }: TabProps & { done: () => Promise<void>; onClose: () => void }) {
  const [within, setWithin] = useState('30');
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const path = own(`${integrationAt(workspace, of.hash_id)}/grants`);
  const preview = useLoad<Preview>(`${path}/preview?used_within=${within}d`);
  const attempt = useAttempt();
  const found = preview.data?.pipelines ?? [];
  const kept = found.filter((p) => !left.has(p.pipeline.id));
  const keep = (id: number, on: boolean) => {
    const next = new Set(left);
    if (on) next.delete(id);
    else next.add(id);
    setLeft(next);
  };
  const replace = async () => {
    const said = await attempt.run(async () => {
      const made = await confirmed(() => send('POST', `${path}/replace`, { pipelines: kept.map((p) => p.pipeline.id) }, { ifMatch: preview.etag }));
      if (made === undefined) return;
      notify(kept.length === 0 ? `No pipeline may use ${plain(of.name, 60)} now.` : `Only ${plural(kept.length, 'pipeline')} may use ${plain(of.name, 60)} now.`, 'good');
      await done();
    });
    if (!said) await preview.reload();
  };
  return (
    <Dialog title="Replace “all” by those that used it" onClose={onClose}>
      <SelectField label="Used within the last" value={within} onChange={setWithin} choices={days.map((d) => ({ value: d, label: `${d} days` }))} />
      {preview.error ? <Problem error={preview.error} again={preview.reload} /> : null}
      {!preview.data && !preview.error ? <Waiting /> : null}
      {preview.data
        ? found.length === 0
          ? <p>No pipeline used it in this time. The list would be empty, and every run that needs it would be denied.</p>
          : <fieldset>
              <legend>These stay allowed</legend>
              {found.map((p) => (
                <Check key={p.pipeline.id} checked={!left.has(p.pipeline.id)} label={<bdi>{plain(p.pipeline.name, 80)}</bdi>}
                  hint={<>{plain(p.project.name, 60)}: {plural(p.uses, 'use')}, the last <Ago at={p.last_used} /></>}
                  onChange={(on) => keep(p.pipeline.id, on)} />
              ))}
            </fieldset>
        : null}
      <p class="dim">Every other pipeline is denied from its next run on, until somebody grants it.</p>
      <Wrong of={attempt} />
      <div class="ends"><Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" off={preview.data ? null : 'It is not known yet who used it.'} onClick={replace}>{kept.length === 0 ? 'Allow none' : `Allow only ${plural(kept.length, 'pipeline')}`}</Button></div>
    </Dialog>
  );
}
