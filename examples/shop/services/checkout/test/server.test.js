import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createServer } from '../server.js';
import { memoryStore } from '../store.js';

const products = { mug: { sku: 'mug', name: 'Mug', priceCents: 1250 } };
let server;
let url;

before(async () => {
  const findProduct = async (sku) => products[sku] ?? null;
  server = createServer({ store: memoryStore(), findProduct }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const put = (path, body) => fetch(`${url}${path}`, { method: 'PUT', body: JSON.stringify(body) });

test('a product put into a cart is there and priced', async () => {
  await put('/carts/a/items/mug', { quantity: 2 });
  const cart = await (await fetch(`${url}/carts/a`)).json();
  assert.deepEqual(cart, {
    id: 'a',
    lines: [{ sku: 'mug', name: 'Mug', quantity: 2, unitCents: 1250, totalCents: 2500 }],
    totalCents: 2500,
  });
});

test('quantity 0 takes a product out', async () => {
  await put('/carts/b/items/mug', { quantity: 1 });
  assert.deepEqual(await (await put('/carts/b/items/mug', { quantity: 0 })).json(), { id: 'b', lines: [], totalCents: 0 });
});

test('what is not a quantity is refused', async () => {
  for (const quantity of [-1, 1.5, '2', null]) {
    assert.equal((await put('/carts/c/items/mug', { quantity })).status, 400);
  }
  assert.equal((await put('/carts/c/items/mug', null)).status, 400);
});

test('a product that the catalogue does not know is 404', async () => {
  assert.equal((await put('/carts/d/items/anvil', { quantity: 1 })).status, 404);
});
