// SPDX-License-Identifier: Apache-2.0
// The workspaces of whoever is signed in; who has one only is led into it.
import { useEffect } from 'preact/hooks';
import { workspacePage } from '../app/addresses';
import { useWorkspaces } from '../app/places';
import { go } from '../app/router';
import { Icon } from '../parts/icon';
import { Page } from '../parts/page';
import { Empty, Problem, Waiting } from '../parts/states';
import { Name } from '../parts/text';

export default function Home() {
  const { data, error, reload } = useWorkspaces();
  const only = data?.length === 1 ? data[0] : undefined;
  useEffect(() => { if (only) go(workspacePage(only.domain), 'replace'); }, [only]);
  return (
    <Page title="Workspaces" width="narrow">
      {error ? <Problem error={error} again={reload} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data?.length === 0
        ? <Empty icon="people" title="You are in no workspace yet">Ask an administrator of a workspace to add you as a member, with the e-mail address that you signed in with.</Empty>
        : null}
      {data && data.length > 1
        ? <ul class="card">
            {data.map((w) => (
              <li key={w.id} class="list-row"><a class="row grow" href={workspacePage(w.domain)}><Icon name="project" /><Name text={w.name} /><span class="dim"><bdi>{w.domain}</bdi></span></a></li>
            ))}
          </ul>
        : null}
    </Page>
  );
}
