// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { send } from '../../api/http';
import { integrationAt, own } from '../../api/paths';
import { notify } from '../../app/announce';
import { useProjects } from '../../app/places';
import { useAttempt, Wrong } from '../../parts/attempt';
import { Button } from '../../parts/button';
import { confirmed } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { usePipelinesOf } from '../../parts/pipeline_choice';
import { plain } from '../../parts/text';
import type { TabProps } from './tab';

export const lengths = [
  { value: '', label: 'No end' }, { value: '3600', label: '1 hour' }, { value: '28800', label: '8 hours' },
  { value: '86400', label: '1 day' }, { value: '604800', label: '7 days' }, { value: '2592000', label: '30 days' },
];

export function AllowDialog({ workspace, of, done, onClose }: TabProps & { done: () => Promise<void>; onClose: () => void }) {
  const projects = (useProjects(workspace).data ?? []).filter((p) => of.scope === 'WORKSPACE' || p.name === of.project_name);
  const [project, setProject] = useState(of.project_name ?? '');
  const [pipeline, setPipeline] = useState('');
  const [ref, setRef] = useState('');
  const [until, setUntil] = useState('');
  const at = project || (projects.length === 1 ? projects[0]?.name ?? '' : '');
  const pipelines = usePipelinesOf(workspace, at);
  const attempt = useAttempt();
  const name = pipelines.data?.find((p) => String(p.id) === pipeline)?.name ?? '';
  const allow = () => attempt.run(async () => {
    const made = await confirmed(() => send('POST', own(`${integrationAt(workspace, of.hash_id)}/grants`),
      { pipeline_id: Number(pipeline), ...(ref === '' ? {} : { ref }), ...(until === '' ? {} : { expires_in: Number(until) }) }));
    if (made === undefined) return;
    notify(`${plain(name, 60)} may use ${plain(of.name, 60)}.`, 'good');
    await done();
  });
  return (
    <Dialog title={`Allow a pipeline to use ${plain(of.name, 60)}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); if (pipeline !== '') void allow(); }}>
        <SelectField label="Project" value={at} onChange={(v) => { setProject(v); setPipeline(''); }}
          choices={[{ value: '', label: 'Choose a project' }, ...projects.map((p) => ({ value: p.name, label: plain(p.display_name, 60) }))]} />
        <SelectField label="Pipeline" value={pipeline} onChange={setPipeline} disabled={at === ''}
          choices={[{ value: '', label: pipelines.data?.length === 0 ? 'This project has no pipeline' : 'Choose a pipeline' },
            ...(pipelines.data ?? []).map((p) => ({ value: String(p.id), label: plain(p.name, 60) }))]} />
        <SelectField label="Until" value={until} onChange={setUntil} choices={lengths} />
        <TextField label={<>Only for refs like<span class="dim"> (optional)</span></>} placeholder="refs/heads/main" value={ref} onChange={setRef}
          hint="A whole name, or with * in it: refs/tags/v*" />
        <Wrong of={attempt} />
        <div class="ends"><Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" off={pipeline === '' ? 'Choose a pipeline first.' : null}>Allow it</Button></div>
      </form>
    </Dialog>
  );
}
