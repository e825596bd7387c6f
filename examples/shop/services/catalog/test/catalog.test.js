import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { loadCatalog, search } from '../catalog.js';

let folder;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'catalog-'));
});
after(() => rm(folder, { recursive: true }));

async function load(products) {
  const file = path.join(folder, 'products.json');
  await writeFile(file, JSON.stringify(products));
  return loadCatalog(file);
}

test('products are found by a part of their name, in any case', async () => {
  const products = await load([
    { sku: 'mug', name: 'Mug', priceCents: 1250 },
    { sku: 'pencil', name: 'Pencil', priceCents: 99 },
  ]);
  assert.deepEqual(search(products, 'PEN'), [{ sku: 'pencil', name: 'Pencil', priceCents: 99 }]);
});

test('a price that is not in whole cents is refused', async () => {
  await assert.rejects(load([{ sku: 'mug', name: 'Mug', priceCents: 12.5 }]), /"mug" needs .* whole cents/);
});

test('a sku that stands there twice is refused', async () => {
  const mug = { sku: 'mug', name: 'Mug', priceCents: 1250 };
  await assert.rejects(load([mug, mug]), /"mug" stands there twice/);
});
