// SPDX-License-Identifier: Apache-2.0
import type { PipelineRow } from '../api/access';
import { all } from '../api/http';
import { projectAt } from '../api/paths';
import { useLoad } from '../app/load';

// Of one project; "": none is chosen yet.
export function usePipelinesOf(workspace: string, project: string) {
  const path = project === '' ? null : `${projectAt({ workspace, project })}/pipelines`;
  return useLoad<PipelineRow[]>(path === null ? null : `${path}?all`, (signal) => all<PipelineRow>(path ?? '', 'pipelines', signal));
}
