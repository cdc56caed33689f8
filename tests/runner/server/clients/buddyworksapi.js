// SPDX-License-Identifier: Apache-2.0
// Drives a server with the npm client buddyworksapi, as it is: node buddyworksapi.js URL TOKEN REPOSITORY. Prints "ok" at its end.
'use strict';
const assert = require('assert');
const { promisify } = require('util');
const api = require('buddyworksapi');

const [host, token, repository] = process.argv.slice(2);
api.client.host = host;

// Each of the client's functions takes the token first and a callback last.
const call = (room, name, ...rest) => promisify(api[room][name].bind(api[room]))(token, ...rest);
const refused = async (code, message, promise) => {
    const error = await promise.then(() => assert.fail('not refused'), (e) => e);
    assert.strictEqual(error.code, code, error.message);
    if (message instanceof RegExp) assert.match(error.message, message);
    else assert.strictEqual(error.message, message);
    assert.strictEqual(error.messages.length, 1);
};

async function main() {
    // -- who and where
    const me = await call('profile', 'getProfile');
    assert.strictEqual(me.name, 'Olga');
    assert.ok(me.workspaces_url.endsWith('/workspaces'));
    const workspaces = await call('workspaces', 'getList');
    assert.deepStrictEqual(workspaces.workspaces.map((w) => w.domain), ['acme']);
    assert.strictEqual((await call('workspaces', 'getWorkspace', 'acme')).owner_id, me.id);
    await refused(404, 'there is no such workspace', call('workspaces', 'getWorkspace', 'nope'));

    // -- projects
    const project = await call('projects', 'addProject', 'acme', { display_name: 'Web Shop' });
    assert.strictEqual(project.name, 'web-shop');
    assert.strictEqual(project.display_name, 'Web Shop');
    const sorted = { page: 1, per_page: 20, sort_by: 'name', sort_direction: 'ASC' };
    const projects = await call('projects', 'getList', 'acme', sorted);
    assert.deepStrictEqual(projects.projects.map((p) => p.name), ['web', 'web-shop']);
    assert.deepStrictEqual((await call('projects', 'getList', 'acme', { page: 9 })).projects, []);
    const renamed = await call('projects', 'editProject', 'acme', 'web-shop', { display_name: 'Shop' });
    assert.strictEqual(renamed.display_name, 'Shop');
    assert.strictEqual((await call('projects', 'getProject', 'acme', 'web-shop')).display_name, 'Shop');

    // -- pipelines and their actions
    const pipeline = await call('pipelines', 'addPipeline', 'acme', 'web-shop', { name: 'Deploy' });
    const list = await call('pipelines', 'getList', 'acme', 'web-shop', { page: 1 });
    assert.deepStrictEqual(list.pipelines.map((p) => p.id), [pipeline.id]);
    const edited = await call('pipelines', 'editPipeline', 'acme', 'web-shop', pipeline.id, { priority: 'HIGH' });
    assert.strictEqual(edited.priority, 'HIGH');
    assert.strictEqual(edited.name, 'Deploy');
    const action = await call('pipelines', 'addPipelineAction', 'acme', 'web-shop', pipeline.id,
        { name: 'Wait', type: 'SLEEP', sleep_in_sec: 1, trigger_time: 'ON_EVERY_EXECUTION' });
    assert.strictEqual(action.name, 'Wait');
    const actions = await call('pipelines', 'getPipelineActions', 'acme', 'web-shop', pipeline.id, {});
    assert.deepStrictEqual(actions.actions.map((a) => a.type), ['SLEEP']);
    const longer = await call('pipelines', 'editPipelineAction', 'acme', 'web-shop', pipeline.id, action.id,
        { sleep_in_sec: 2 });
    assert.strictEqual(longer.sleep_in_sec, 2);
    assert.strictEqual(
        (await call('pipelines', 'getPipelineAction', 'acme', 'web-shop', pipeline.id, action.id)).sleep_in_sec, 2);
    await call('pipelines', 'deletePipelineAction', 'acme', 'web-shop', pipeline.id, action.id);
    await refused(404, 'there is no such action',
        call('pipelines', 'getPipelineAction', 'acme', 'web-shop', pipeline.id, action.id));

    // -- integrations
    const made = await call('integrations', 'addIntegration', 'acme',
        { name: 'gh', type: 'GIT_HUB', scope: 'WORKSPACE', token: 'planted-token', all_pipelines_allowed: false });
    assert.strictEqual(made.all_pipelines_allowed, false);
    assert.strictEqual(JSON.stringify(made).includes('planted-token'), false);
    const all = await call('integrations', 'getList', 'acme', {});
    assert.ok(all.integrations.some((i) => i.hash_id === made.hash_id));
    const granted = await call('integrations', 'editIntegration', 'acme', made.hash_id,
        { name: 'gh', allowed_pipelines: [{ id: pipeline.id }] });
    assert.deepStrictEqual(granted.allowed_pipelines.map((p) => p.name), ['Deploy']);
    const read = await call('integrations', 'getIntegration', 'acme', made.hash_id);
    assert.deepStrictEqual(read.allowed_pipelines, granted.allowed_pipelines);
    await call('integrations', 'deleteIntegration', 'acme', made.hash_id);
    await refused(404, 'there is no such integration', call('integrations', 'getIntegration', 'acme', made.hash_id));
    await refused(400, '`name` is missing', call('integrations', 'addIntegration', 'acme', { type: 'GIT_HUB' }));

    // -- executions
    const runs = await call('pipelines', 'addPipeline', 'acme', 'web-shop', { name: 'Runs' });
    await call('pipelines', 'addPipelineAction', 'acme', 'web-shop', runs.id,
        { name: 'Once', type: 'BUILD', execute_commands: ['test ! -e once', 'touch once'] });
    await call('pipelines', 'addPipelineAction', 'acme', 'web-shop', runs.id,
        { name: 'Mend', type: 'BUILD', execute_commands: ['test -e mended || { touch mended; exit 1; }'] });
    const of = (id, ...rest) => ['acme', 'web-shop', id, ...rest];
    const reaches = async (id, number, ...statuses) => {
        for (;;) {
            const now = await call('executions', 'getExecution', ...of(id, number));
            if (statuses.includes(now.status)) return now;
            assert.ok(['INITIAL', 'ENQUEUED', 'INPROGRESS'].includes(now.status), now.status);
        }
    };
    const first = await call('executions', 'runExecution', ...of(runs.id),
        { to_revision: { revision: 'HEAD' }, comment: 'by npm' });
    assert.strictEqual(first.comment, 'by npm');
    assert.strictEqual(first.pipeline.id, runs.id);
    const failed = await reaches(runs.id, first.id, 'FAILED');
    assert.deepStrictEqual(failed.action_executions.map((a) => a.status), ['SUCCESSFUL', 'FAILED']);
    const retried = await call('executions', 'retryExecution', ...of(runs.id, first.id));
    assert.strictEqual(retried.id, first.id);
    const mended = await reaches(runs.id, first.id, 'SUCCESSFUL');
    assert.deepStrictEqual(mended.action_executions.map((a) => a.status), ['SUCCESSFUL', 'SUCCESSFUL']);
    const long = await call('pipelines', 'addPipeline', 'acme', 'web-shop', { name: 'Long' });
    await call('pipelines', 'addPipelineAction', 'acme', 'web-shop', long.id,
        { name: 'Sleep', type: 'BUILD', execute_commands: ['sleep 600'] });
    const sleeping = await call('executions', 'runExecution', ...of(long.id), {});
    await reaches(long.id, sleeping.id, 'INPROGRESS');
    await call('executions', 'cancelExecution', ...of(long.id, sleeping.id));
    assert.strictEqual((await reaches(long.id, sleeping.id, 'TERMINATED')).status, 'TERMINATED');
    const second = await call('executions', 'runExecution', ...of(runs.id), { comment: 'again' });
    await reaches(runs.id, second.id, 'FAILED');
    const page = await call('executions', 'getList', ...of(runs.id), { page: 1, per_page: 1 });
    assert.deepStrictEqual(page.executions.map((e) => e.comment), ['again']);
    assert.strictEqual(page.total_element_count, 2);
    assert.strictEqual(page.total_page_count, 2);
    await refused(404, 'there is no such execution', call('executions', 'getExecution', ...of(runs.id, 4711)));
    await refused(409, /./, call('executions', 'cancelExecution', ...of(runs.id, second.id)));

    // -- what the repository holds
    await call('projects', 'editProject', 'acme', 'web-shop', { custom_repo_url: repository });
    const root = await call('source', 'getContents', 'acme', 'web-shop', '/', {});
    assert.deepStrictEqual(root.contents.map((c) => [c.content_type, c.path]), [['DIR', 'docs'], ['FILE', 'read me.txt']]);
    const file = await call('source', 'getContents', 'acme', 'web-shop', '/read me.txt', {});
    assert.strictEqual(Buffer.from(file.content, file.encoding).toString(), 'hello\n');
    const below = await call('source', 'getContents', 'acme', 'web-shop', '/docs/a/b.txt', { revision: 'main' });
    assert.strictEqual(below.name, 'b.txt');

    // -- webhooks, addresses, keys
    const hook = await call('webhooks', 'addWebhook', 'acme',
        { target_url: 'https://hooks.example.test/', secret_key: 'planted-secret', events: ['PUSH'], projects: ['web'] });
    assert.strictEqual(JSON.stringify(hook).includes('planted-secret'), false);
    assert.deepStrictEqual((await call('webhooks', 'getList', 'acme')).webhooks.map((w) => w.id), [hook.id]);
    await call('webhooks', 'deleteWebhook', 'acme', hook.id);
    await call('profile', 'addEmail', 'second@acme.test');
    assert.strictEqual((await call('profile', 'getEmails')).emails.length, 2);
    await call('profile', 'deleteEmail', 'second@acme.test');

    await call('pipelines', 'deletePipeline', 'acme', 'web-shop', pipeline.id);
    await call('projects', 'deleteProject', 'acme', 'web-shop');
    await refused(404, 'there is no such project', call('projects', 'getProject', 'acme', 'web-shop'));
}

main().then(() => console.log('ok'), (error) => {
    console.error(error.stack || error);
    process.exit(1);
});
