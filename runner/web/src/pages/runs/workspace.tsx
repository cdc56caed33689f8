// SPDX-License-Identifier: Apache-2.0
import { workspacePage } from '../../app/addresses';
import type { PageProps } from '../../app/routes';
import { Page } from '../../parts/page';
import { Empty } from '../../parts/states';
import { RunsPanel } from './page';

export default function WorkspaceRuns({ params, query }: PageProps) {
  const workspace = params['workspace'] ?? '';
  return (
    <Page title="Runs">
      <RunsPanel scope={{ workspace }} query={query} none={
        <Empty icon="runs" title="Nothing has run yet" actions={<a class="button primary" href={workspacePage(workspace)}>Choose a project</a>}>
          Runs of all projects of this workspace appear here as they happen. Open a project, add a pipeline and run it.
        </Empty>} />
    </Page>
  );
}
