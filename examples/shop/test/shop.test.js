// Both services together, over HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadCatalog } from '../services/catalog/catalog.js';
import { createServer as createCatalog } from '../services/catalog/server.js';
import { catalogClient, createServer as createCheckout } from '../services/checkout/server.js';
import { memoryStore } from '../services/checkout/store.js';

async function listen(t, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test('a customer finds a product and puts three of it into a cart', async (t) => {
  const file = fileURLToPath(new URL('../services/catalog/products.json', import.meta.url));
  const catalog = await listen(t, createCatalog(await loadCatalog(file)));
  const checkout = await listen(t, createCheckout({ store: memoryStore(), findProduct: catalogClient(catalog) }));

  const [product] = await (await fetch(`${catalog}/products`)).json();
  const response = await fetch(`${checkout}/carts/1/items/${product.sku}`, {
    method: 'PUT',
    body: JSON.stringify({ quantity: 3 }),
  });
  assert.equal((await response.json()).totalCents, 3 * product.priceCents);
});
