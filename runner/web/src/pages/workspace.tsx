// SPDX-License-Identifier: Apache-2.0
// A workspace: its projects, and making one.
import { useState } from 'preact/hooks';
import { ApiError, send } from '../api/http';
import { workspaceAt } from '../api/paths';
import type { Project } from '../api/types';
import { projectPage } from '../app/addresses';
import { somethingChanged } from '../app/load';
import { useProjects, useWorkspaces } from '../app/places';
import { go } from '../app/router';
import type { PageProps } from '../app/routes';
import { useShortcuts } from '../app/shortcuts';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';
import { Icon } from '../parts/icon';
import { Page } from '../parts/page';
import { Empty, Problem, Waiting } from '../parts/states';
import { Name, plain } from '../parts/text';

const handleOf = (name: string) => name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60);

function AddProject({ workspace, onClose, onMade }: { workspace: string; onClose: () => void; onMade: (p: Project) => void }) {
  const [name, setName] = useState('');
  const [handle, setHandle] = useState<string | null>(null);
  const [repository, setRepository] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const add = async (event: Event) => {
    event.preventDefault();
    try {
      const body = { name: handle ?? handleOf(name), display_name: name, ...(repository.trim() === '' ? { without_repository: true } : { custom_repo_url: repository.trim() }) };
      onMade(await send<Project>('POST', `${workspaceAt(workspace)}/projects`, body));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
    }
  };
  return (
    <Dialog title="Add a project" onClose={onClose}>
      <form class="stack" onSubmit={add}>
        <TextField label="Name" required autofocus value={name} onChange={setName} hint="A project holds pipelines, and usually a repository." />
        <TextField label="In addresses" required pattern="[a-z0-9][a-z0-9\-_]*" spellcheck={false} value={handle ?? handleOf(name)} onChange={setHandle} />
        <TextField label="Address of its repository" placeholder="https://git.acme.test/web.git" spellcheck={false} value={repository} onChange={setRepository}
          hint="May be left out, and its login added later in the project’s settings." />
        {wrong !== null ? <p class="wrong-line" role="alert">{wrong}</p> : null}
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button kind="primary" type="submit">Add the project</Button></div>
      </form>
    </Dialog>
  );
}

export default function WorkspaceHome({ params }: PageProps) {
  const workspace = params['workspace'] ?? '';
  const { data, error, reload } = useProjects(workspace);
  const name = useWorkspaces().data?.find((w) => w.domain === workspace)?.name ?? workspace;
  const [adding, setAdding] = useState(false);
  useShortcuts([{ keys: 'n', what: 'Add a project', run: () => setAdding(true) }]);
  const add = <Button kind="primary" onClick={() => setAdding(true)}><Icon name="plus" />Add a project</Button>;
  return (
    <Page title={name} heading={<>Projects of <bdi>{plain(name, 60)}</bdi></>} actions={data && data.length > 0 ? add : null}>
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.length === 0
        ? <Empty icon="project" title="Add your first project" actions={add}>A project holds pipelines, and usually a repository whose pushes run them. You see here the projects that you have a role in.</Empty>
        : null}
      {data && data.length > 0
        ? <ul class="tiles">
            {data.map((p) => (
              <li key={p.name}><a class="card padded tile" href={projectPage(workspace, p.name)}><Icon name="project" /><span class="grow"><Name class="strong" text={p.display_name} /><br /><span class="dim small"><bdi>{plain(p.name, 60)}</bdi></span></span><Icon name="chevron" /></a></li>
            ))}
          </ul>
        : null}
      {adding ? <AddProject workspace={workspace} onClose={() => setAdding(false)} onMade={(p) => { somethingChanged(); go(projectPage(workspace, p.name)); }} /> : null}
    </Page>
  );
}
