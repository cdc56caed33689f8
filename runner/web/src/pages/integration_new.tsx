// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import type { Integration } from '../api/access';
import { send } from '../api/http';
import { workspaceAt } from '../api/paths';
import { integrationPage, workspacePage } from '../app/addresses';
import { notify } from '../app/announce';
import { somethingChanged } from '../app/load';
import { useProjects } from '../app/places';
import { go } from '../app/router';
import type { PageProps } from '../app/routes';
import { useAttempt, Wrong } from '../parts/attempt';
import { Button } from '../parts/button';
import { SelectField, TextField } from '../parts/field';
import { useTypes } from '../parts/integration_types';
import { Page } from '../parts/page';
import { Problem, Waiting } from '../parts/states';
import { plain } from '../parts/text';
import { given, TypeFields, type Values } from './integration/fields';

export default function NewIntegration({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const types = useTypes();
  const projects = useProjects(workspace).data ?? [];
  const [kind, setKind] = useState('');
  const [name, setName] = useState('');
  const [identifier, setIdentifier] = useState('');
  const [scope, setScope] = useState(query.get('project') ?? '');
  const [pipelines, setPipelines] = useState('listed');
  const [values, setValues] = useState<Values>({});
  const [chosen, setChosen] = useState(0);
  const attempt = useAttempt();
  const list = types.data?.integration_types ?? [];
  const type = list.find((t) => t.type === kind);

  const add = async () => {
    if (type === undefined) return;
    await attempt.run(async () => {
      const made = await send<Integration>('POST', `${workspaceAt(workspace)}/integrations`, { ...given(type, values, chosen),
        name, type: type.type, ...(identifier === '' ? {} : { identifier }), all_pipelines_allowed: pipelines === 'all',
        ...(scope === '' ? { scope: 'WORKSPACE' } : { scope: 'PROJECT', project_name: scope }) });
      setValues({});  // what was secret is not kept in the page
      somethingChanged();
      notify(`${plain(made.name, 60)} was added.`, 'good');
      go(integrationPage(workspace, made.hash_id));
    });
  };
  return (
    <Page title="Add an integration" width="narrow" crumbs={[{ text: 'Integrations', href: workspacePage(workspace, 'integrations') }]}>
      {types.error ? <Problem error={types.error} again={types.reload} /> : null}
      {!types.data && !types.error ? <Waiting /> : null}
      {types.data
        ? <form class="card padded stack" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void add(); }}>
            <SelectField label="Service" value={kind} onChange={(v) => { setKind(v); setValues({}); setChosen(0); }}
              choices={[{ value: '', label: 'Choose the service' }, ...list.map((t) => ({ value: t.type, label: t.title }))]} />
            {type
              ? <>
                  <TextField label="Name" required maxLength={100} placeholder={`${type.title} production`} value={name} onChange={setName}
                    hint="As people read it where a run lacks it." />
                  <TextField label={<>Identifier<span class="dim"> (optional)</span></>} pattern="[A-Za-z][A-Za-z0-9_\-]*" value={identifier} onChange={setIdentifier}
                    hint="As pipelines name it: letters, digits, - and _. Made from the name where you leave it empty." />
                  <SelectField label="Scope" value={scope} onChange={setScope} hint="It can’t be changed later."
                    choices={[{ value: '', label: 'The whole workspace' }, ...projects.map((p) => ({ value: p.name, label: `The project ${plain(p.display_name, 40)} only` }))]} />
                  <fieldset>
                    <legend>Credential</legend>
                    <p class="small dim">It is sealed on the server, shown to nobody again, and masked in logs.</p>
                    <div class="stack"><TypeFields type={type} values={values} onChange={setValues} chosen={chosen} onChoose={setChosen} /></div>
                  </fieldset>
                  <SelectField label="May be used by" value={pipelines} onChange={setPipelines}
                    choices={[{ value: 'listed', label: 'Only pipelines that are allowed one by one' }, { value: 'all', label: 'All pipelines in its scope' }]}
                    hint={pipelines === 'listed' ? 'A run that needs it stops before it starts, and says who can grant it.' : 'Whoever may change a pipeline in its scope can use the credential.'} />
                  <Wrong of={attempt} />
                  <div class="row"><Button type="submit" kind="primary">Add the integration</Button><a class="button" href={workspacePage(workspace, 'integrations')}>Cancel</a></div>
                </>
              : null}
          </form>
        : null}
    </Page>
  );
}
