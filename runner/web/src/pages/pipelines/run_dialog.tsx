// SPDX-License-Identifier: Apache-2.0
// Starts a run by hand: which pipeline, on which ref, with which variables.
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { runNow } from '../../api/runs';
import { runPage } from '../../app/addresses';
import { somethingChanged } from '../../app/load';
import { go } from '../../app/router';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { Check, SelectField, TextField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { Waiting } from '../../parts/states';
import { plain } from '../../parts/text';
import { usePipelines } from './list';

interface Variable { key: string; value: string; secret: boolean }

export interface Order { refType: 'default' | 'branch' | 'tag'; ref: string; revision: string; comment: string; variables: Variable[] }

export function orderOf(o: Order): object {
  const order: Record<string, unknown> = {};
  if (o.refType !== 'default' && o.ref.trim() !== '') order[o.refType] = { name: o.ref.trim() };
  if (o.revision.trim() !== '') order['to_revision'] = { revision: o.revision.trim() };
  if (o.comment.trim() !== '') order['comment'] = o.comment.trim();
  const variables = o.variables.filter((v) => v.key.trim() !== '').map((v) => ({ key: v.key.trim(), value: v.value, ...(v.secret ? { encrypted: true } : {}) }));
  if (variables.length > 0) order['variables'] = variables;
  return order;
}

function Variables({ list, set }: { list: Variable[]; set: (list: Variable[]) => void }) {
  const change = (i: number, part: Partial<Variable>) => set(list.map((v, k) => (k === i ? { ...v, ...part } : v)));
  return (
    <fieldset>
      <legend>Variables</legend>
      {list.map((v, i) => (
        <div class="variable" key={i}>
          <input aria-label="Name" placeholder="NAME" class="mono" spellcheck={false} value={v.key} onInput={(event) => change(i, { key: event.currentTarget.value })} />
          <input aria-label="Value" placeholder="value" {...{ type: v.secret ? 'password' : 'text' } as object} autocomplete="off" value={v.value} onInput={(event) => change(i, { value: event.currentTarget.value })} />
          <Check label="Secret" checked={v.secret} onChange={(secret) => change(i, { secret })} />
          <Button kind="quiet" class="icon-only" label={`Take ${v.key || 'this variable'} out`} onClick={() => set(list.filter((_, k) => k !== i))}><Icon name="close" /></Button>
        </div>
      ))}
      <div><Button kind="quiet" onClick={() => set([...list, { key: '', value: '', secret: false }])}><Icon name="plus" />Add a variable</Button></div>
    </fieldset>
  );
}

export function RunDialog({ at, pipeline, onClose, onAdd }: { at: Place; pipeline?: number; onClose: () => void; onAdd?: () => void }) {
  const known = usePipelines(at);
  const [chosen, setChosen] = useState(pipeline === undefined ? '' : String(pipeline));
  const [order, setOrder] = useState<Order>({ refType: 'default', ref: '', revision: '', comment: '', variables: [] });
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Order>) => setOrder({ ...order, ...part });
  const all = (known.data ?? []).filter((p) => !p.disabled);
  const id = chosen !== '' ? Number(chosen) : all[0]?.id;
  const its = all.find((p) => p.id === id);
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy || id === undefined) return;
    setBusy(true);
    setWrong(null);
    try {
      const run = await runNow(at, id, orderOf(order));
      somethingChanged();
      go(runPage(at.workspace, at.project, run.id));
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
      setBusy(false);
    }
  };
  if (!known.data) return <Waiting />;
  if (all.length === 0)
    return (
      <Dialog title="Run a pipeline" onClose={onClose}>
        <p>This project has no pipeline that you can run. Add one first.</p>
        <div class="ends"><Button onClick={onClose}>Close</Button>{onAdd ? <Button kind="primary" onClick={onAdd}>Add a pipeline</Button> : null}</div>
      </Dialog>
    );
  return (
    <Dialog title="Run a pipeline" onClose={onClose} busy={busy}>
      <form class="stack" onSubmit={send}>
        {pipeline === undefined ? <SelectField label="Pipeline" value={String(id ?? '')} onChange={setChosen} choices={all.map((p) => ({ value: String(p.id), label: plain(p.name, 80) }))} /> : null}
        <div class="pair">
          <SelectField label="On" value={order.refType} onChange={(v) => change({ refType: v as Order['refType'] })}
            choices={[{ value: 'default', label: 'The usual branch' }, { value: 'branch', label: 'A branch' }, { value: 'tag', label: 'A tag' }]} />
          {order.refType !== 'default' ? <TextField label={order.refType === 'tag' ? 'Tag' : 'Branch'} required autofocus spellcheck={false} value={order.ref} onChange={(ref) => change({ ref })} /> : null}
        </div>
        <Variables list={order.variables} set={(variables) => change({ variables })} />
        <details>
          <summary>More</summary>
          <div class="stack more">
            <TextField label="Commit" spellcheck={false} value={order.revision} onChange={(revision) => change({ revision })} hint="The branch’s latest if left out." />
          </div>
        </details>
        <TextField label="Comment" required={its?.description_required ?? false} value={order.comment} onChange={(comment) => change({ comment })} hint={its?.description_required ? 'This pipeline wants one.' : 'Why it runs; may be left out.'} />
        {wrong !== null ? <p class="wrong-line report" role="alert"><bdi>{wrong}</bdi></p> : null}
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button kind="primary" type="submit" busy={busy}><Icon name="play" />{busy ? 'Starting…' : 'Run'}</Button></div>
      </form>
    </Dialog>
  );
}
