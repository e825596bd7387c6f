// The products: read once at start, then looked up by SKU.
import { readFile } from 'node:fs/promises';

/** Reads and checks a product list. Prices are whole cents. */
export async function loadCatalog(file) {
  const products = new Map();
  for (const { sku, name, priceCents } of JSON.parse(await readFile(file, 'utf8'))) {
    if (!sku || !name || !Number.isInteger(priceCents) || priceCents < 0) {
      throw new Error(`${file}: product ${JSON.stringify(sku)} needs a sku, a name and a price in whole cents`);
    }
    if (products.has(sku)) throw new Error(`${file}: sku ${JSON.stringify(sku)} stands there twice`);
    products.set(sku, { sku, name, priceCents });
  }
  return products;
}

/** Products whose SKU or name contains `text`, in any case. */
export function search(products, text) {
  const wanted = text.toLowerCase();
  return [...products.values()].filter(
    ({ sku, name }) => sku.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted),
  );
}
