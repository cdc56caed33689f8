// SPDX-License-Identifier: Apache-2.0
// Drives a server with the npm client buddyworksapi, as it is: node buddyworksapi.js URL TOKEN. Prints "ok" at its end.
'use strict';
const assert = require('assert');
const { promisify } = require('util');
const api = require('buddyworksapi');

const [host, token] = process.argv.slice(2);
api.client.host = host;

// Each of the client's functions takes the token first and a callback last.
const call = (room, name, ...rest) => promisify(api[room][name].bind(api[room]))(token, ...rest);
const refused = async (code, message, promise) => {
    const error = await promise.then(() => assert.fail('not refused'), (e) => e);
    assert.strictEqual(error.code, code, error.message);
    assert.strictEqual(error.message, message);
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
