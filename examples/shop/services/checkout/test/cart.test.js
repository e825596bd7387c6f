import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priceCart } from '../cart.js';

const products = new Map([
  ['mug', { sku: 'mug', name: 'Mug', priceCents: 1250 }],
  ['pencil', { sku: 'pencil', name: 'Pencil', priceCents: 99 }],
]);

test('an empty cart costs nothing', () => {
  assert.deepEqual(priceCart([], products), { lines: [], totalCents: 0 });
});

test('a cart costs what its lines cost', () => {
  const cart = priceCart([{ sku: 'mug', quantity: 2 }, { sku: 'pencil', quantity: 3 }], products);
  assert.deepEqual(cart.lines.map((line) => line.totalCents), [2500, 297]);
  assert.equal(cart.totalCents, 2797);
});

test('a product that is no longer sold is left out', () => {
  assert.deepEqual(priceCart([{ sku: 'anvil', quantity: 1 }], products), { lines: [], totalCents: 0 });
});
