import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createServer } from '../server.js';

const MUG = { sku: 'mug', name: 'Mug', priceCents: 1250 };
let server;
let url;

before(async () => {
  server = createServer(new Map([[MUG.sku, MUG]])).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

async function rpc(message) {
  const response = await fetch(`${url}/mcp`, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  return { status: response.status, body: response.status === 202 ? null : await response.json() };
}

test('all products are listed', async () => {
  assert.deepEqual(await (await fetch(`${url}/products`)).json(), [MUG]);
});

test('one product is found by its sku, an unknown one is 404', async () => {
  assert.deepEqual(await (await fetch(`${url}/products/mug`)).json(), MUG);
  assert.equal((await fetch(`${url}/products/anvil`)).status, 404);
});

test('a sku that cannot be decoded is a bad request', async () => {
  assert.equal((await fetch(`${url}/products/%E0%A4%A`)).status, 400);
});

test('the agent finds a product through MCP', async () => {
  const { body } = await rpc({ id: 1, method: 'tools/call', params: { name: 'find_product', arguments: { text: 'mu' } } });
  assert.deepEqual(JSON.parse(body.result.content[0].text), [MUG]);
});

test('an MCP notification gets no answer, an unknown method an error, a GET 405', async () => {
  assert.equal((await rpc({ method: 'notifications/initialized' })).status, 202);
  assert.equal((await rpc({ id: 2, method: 'prompts/list' })).body.error.code, -32601);
  assert.equal((await fetch(`${url}/mcp`)).status, 405);
});
