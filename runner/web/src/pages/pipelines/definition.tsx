// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { definitionPath, editPipeline, type Definition, type Pipeline } from '../../api/pipelines';
import { notify } from '../../app/announce';
import { useLoad, type Loaded } from '../../app/load';
import { Button } from '../../parts/button';
import { Empty, Notice } from '../../parts/states';
import { plain } from '../../parts/text';
import { Editor } from './editor';
import { useValidation } from './validation';

export function DefinitionTab({ at, loaded, pipeline }: { at: Place; loaded: Loaded<Pipeline>; pipeline: Pipeline }) {
  const told = useLoad<Definition>(definitionPath(at, pipeline.id));
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const fresh = useValidation(at, text);
  const yaml = told.data?.yaml ?? pipeline.yaml ?? null;
  const kept = told.data?.kept ?? (pipeline.git_config_ref === 'NONE' ? 'here' : 'repository');
  if (told.data?.hidden || (yaml === null && kept === 'here' && told.data === undefined && told.error))
    return <Empty icon="lock" title="You can’t see this definition">It names an integration that you may not see.</Empty>;
  if (yaml === null)
    return kept === 'repository'
      ? <Empty icon="branch" title="It is kept in the repository">Each run takes the definition of its own commit{told.data?.file ? `, from ${plain(told.data.file, 100)}` : ''}. Change it there.</Empty>
      : <Empty icon="pipeline" title="It has no definition yet" actions={<Button kind="primary" onClick={() => setText(`- pipeline: ${pipeline.name}\n  actions:\n    - action: Say hello\n      type: BUILD\n      commands:\n        - echo hello\n`)}>Write it</Button>}>A definition is a list of actions in YAML.</Empty>;
  const off = pipeline.may?.manage === false ? 'You may see this pipeline, but not change it.' : kept === 'repository' ? 'It is kept in the repository: change it there.' : null;
  const changed = text !== null && text !== yaml;
  const save = async () => {
    setWrong(null);
    try {
      const { body } = await editPipeline(at, pipeline.id, { yaml: text }, loaded.etag);
      loaded.put(body);
      await Promise.all([loaded.reload(), told.reload()]);
      setText(null);
      notify('The definition is saved.', 'good');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.status === 412 ? 'Somebody else has changed this pipeline meanwhile. Copy what you wrote, load the page anew and put it in again.' : error.message);
    }
  };
  return (
    <div class="stack">
      {off !== null ? <Notice icon="info">{off}</Notice> : null}
      <Editor label="Definition" text={text ?? yaml} problems={text === null ? told.data?.problems ?? [] : fresh} {...(off === null ? { onChange: setText } : {})} />
      {wrong !== null ? <pre class="wrong-line report" role="alert">{wrong}</pre> : null}
      {off === null
        ? <div class="row"><Button kind="primary" off={changed ? null : 'Nothing is changed.'} onClick={save}>Save</Button>{changed ? <Button kind="quiet" onClick={() => { setText(null); setWrong(null); }}>Leave it as it was</Button> : null}</div>
        : null}
    </div>
  );
}
