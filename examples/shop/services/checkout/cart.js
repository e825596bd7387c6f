// What a cart costs. Money is in cents: whole numbers add up exactly.

/**
 * Prices a cart.
 * `items` is a list of { sku, quantity }, `products` a Map from sku to { name, priceCents }.
 * An item whose product is no longer sold is left out.
 */
export function priceCart(items, products) {
  const lines = items
    .filter(({ sku }) => products.has(sku))
    .map(({ sku, quantity }) => {
      const product = products.get(sku);
      return {
        sku,
        name: product.name,
        quantity,
        unitCents: product.priceCents,
        totalCents: quantity * product.priceCents,
      };
    });
  return { lines, totalCents: lines.reduce((sum, line) => sum + line.totalCents, 0) };
}
